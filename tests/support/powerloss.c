// Records what would survive a power loss: preloaded into redis-server, it notes the size of each append-only file at
// every completed fdatasync or fsync. A test then kills the server, cuts each file to its noted size and starts again:
// a plain kill -9 loses nothing, because the kernel still holds the pages.
//
//   LD_PRELOAD=powerloss.so KEFU_POWERLOSS_DIR=/tmp/x redis-server ...
//
// For the file appendonly.aof.1.incr.aof, the file of the same name in KEFU_POWERLOSS_DIR holds the size as 20 digits.
// The size is taken before the sync and written after it, so that it never claims more than the disk has.
// Threads: Redis syncs from the main thread and from its background thread; a mutex guards the table.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_FILES 64

struct note {
  // By name, not by inode: when Redis rewrites its log, a new file may get the inode of one that is gone.
  char name[64];
  int file;
};

static struct note notes[MAX_FILES];
static int note_count;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void die(const char* what) {
  perror(what);
  abort();
}

// The name of an append-only file, or null for any other file, and for one that is deleted.
static const char* append_only_name(int file, char* path, size_t size) {
  char link[64];
  snprintf(link, sizeof(link), "/proc/self/fd/%d", file);
  const ssize_t length = readlink(link, path, size - 1);
  if (length <= 0) return NULL;
  path[length] = '\0';
  static const char ending[] = ".incr.aof";
  if (length < (ssize_t)sizeof(ending) || strcmp(path + length - (sizeof(ending) - 1), ending) != 0) return NULL;
  const char* name = strrchr(path, '/');
  return name != NULL ? name + 1 : NULL;
}

static int open_note(const char* name) {
  const char* folder = getenv("KEFU_POWERLOSS_DIR");
  if (folder == NULL) return -1;
  char path[4096];
  snprintf(path, sizeof(path), "%s/%s", folder, name);
  const int file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  if (file < 0) die(path);
  return file;
}

// Where the size of the file of this name is noted; -1 if nobody asked for notes.
static int note_of(const char* name) {
  for (int i = 0; i < note_count; ++i) {
    if (strcmp(notes[i].name, name) == 0) return notes[i].file;
  }
  const int opened = open_note(name);
  if (opened < 0) return -1;
  if (note_count == MAX_FILES) die("powerloss: too many append-only files");
  struct note* note = &notes[note_count++];
  note->file = opened;
  if (snprintf(note->name, sizeof(note->name), "%s", name) >= (int)sizeof(note->name)) die(name);
  return opened;
}

static int synced(int file, int (*sync)(int)) {
  struct stat status;
  const int known = fstat(file, &status);
  const int result = sync(file);
  if (known != 0 || result != 0 || !S_ISREG(status.st_mode)) return result;
  char path[4096];
  // Before the lock: the child that rewrites the log syncs no such file, and may have been forked while it was held.
  const char* name = append_only_name(file, path, sizeof(path));
  if (name == NULL) return result;
  pthread_mutex_lock(&lock);
  const int note = note_of(name);
  if (note >= 0) {
    char digits[24];
    snprintf(digits, sizeof(digits), "%020lld", (long long)status.st_size);
    if (pwrite(note, digits, 20, 0) != 20) die("powerloss: cannot note the size");
  }
  pthread_mutex_unlock(&lock);
  return result;
}

static int (*real(const char* name))(int) {
  int (*function)(int) = (int (*)(int))dlsym(RTLD_NEXT, name);
  if (function == NULL) die(name);
  return function;
}

int fdatasync(int file) {
  static int (*function)(int);
  if (function == NULL) function = real("fdatasync");
  return synced(file, function);
}

int fsync(int file) {
  static int (*function)(int);
  if (function == NULL) function = real("fsync");
  return synced(file, function);
}
