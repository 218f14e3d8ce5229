# shellcheck shell=bash disable=SC2154
# Secrets of one installation: files that only their owner reads, made once. Sourced by up.sh, which sets `redis_users`.

# random_hex BYTES
random_hex() {
  head -c "$1" /dev/urandom | od -An -v -tx1 | tr -d ' \n'
}

# secret FILE TEXT...: writes it unless it is there. Whole or not at all.
secret() {
  local file=$1
  shift
  [[ -e $file ]] && return
  (umask 077 && printf '%s\n' "$*" > "$file.new")
  mv "$file.new" "$file"
}

# make_secrets FOLDER
make_secrets() {
  local folder=$1 name
  (umask 077 && mkdir -p "$folder")
  chmod 700 "$folder"
  secret "$folder/operator.key" "$(random_hex 32)"
  secret "$folder/token.keys" "t1 $(random_hex 32)"
  secret "$folder/master.keys" "m1 $(random_hex 32)"
  for name in admin "${redis_users[@]}"; do
    secret "$folder/redis-$name.password" "$(random_hex 32)"
  done
  secret "$folder/demo.password" "$(random_hex 6)"
}

# render TEMPLATE NAME=VALUE...: the template with every @NAME@ filled in; fails if one is left over.
render() {
  local text pair
  text=$(< "$1")
  shift
  for pair in "$@"; do
    text=${text//"@${pair%%=*}@"/"${pair#*=}"}
  done
  if [[ $text =~ @[A-Z][A-Z0-9_]*@ ]]; then
    echo "nothing to put in place of ${BASH_REMATCH[0]}" >&2
    return 1
  fi
  printf '%s\n' "$text"
}
