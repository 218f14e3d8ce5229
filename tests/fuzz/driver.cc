// Stands in for libFuzzer: tries every file of the corpus and then mutations of them, always the
// same.
//
//   fuzz_<target> CORPUS     the files and KEFU_FUZZ_MUTATIONS mutations (10000), for 3 s at most
//   fuzz_<target> FILE       that input only
//
// The input that ended the process is left in ./crash-<target>.
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "tests/fuzz/fuzz.h"

// So that the handler below is called for what the sanitizers find, too.
extern "C" int LLVMFuzzerInitialize(int*, char***);
extern "C" const char* __asan_default_options() { return "abort_on_error=1"; }
extern "C" const char* __ubsan_default_options() { return "abort_on_error=1"; }

namespace kefu::fuzz {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr size_t kMaxInput = 4096;
constexpr std::chrono::seconds kPatience{3};

std::string g_crash_file;
std::string_view g_input;

// Nothing in it allocates: the heap may be what is broken.
extern "C" void KeepInput(int) {
  if (FILE* file = std::fopen(g_crash_file.c_str(), "wb")) {
    std::fwrite(g_input.data(), 1, g_input.size(), file);
    std::fclose(file);
  }
  _exit(1);
}

// In memory of exactly its size, so that a byte read beyond it is noticed.
void TryExactly(const std::string& input) {
  const std::unique_ptr<char[]> bytes(new char[input.size()]);
  std::copy(input.begin(), input.end(), bytes.get());
  g_input = {bytes.get(), input.size()};
  Try(g_input);
  g_input = {};
}

std::string ReadFile(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// The corpus in the order of its names, lest the mutations depend on the file system.
std::vector<std::string> ReadCorpus(const fs::path& folder) {
  std::vector<fs::path> paths;
  for (const auto& entry : fs::directory_iterator(folder)) paths.push_back(entry.path());
  std::sort(paths.begin(), paths.end());
  std::vector<std::string> inputs;
  for (const fs::path& path : paths) inputs.push_back(ReadFile(path));
  return inputs;
}

class Mutator {
 public:
  Mutator(const std::vector<std::string>& corpus, uint64_t seed) : corpus_(corpus), random_(seed) {}

  // One of the corpus with one to four changes.
  std::string Next() {
    std::string input = Any();
    for (size_t changes = 1 + Below(4); changes > 0; --changes) Change(input);
    input.resize(std::min(input.size(), kMaxInput));
    return input;
  }

 private:
  size_t Below(size_t bound) { return random_() % bound; }
  const std::string& Any() { return corpus_[Below(corpus_.size())]; }
  char Byte() {
    static constexpr char kTelling[] = "\0\1\x7f\x80\xff\"\\{}[],:.=&%+-_ 019eZ\r\n";
    return Below(2) == 0 ? kTelling[Below(sizeof(kTelling) - 1)] : static_cast<char>(Below(256));
  }
  std::string Piece(const std::string& text) {
    const size_t begin = Below(text.size() + 1);
    return text.substr(begin, 1 + Below(16));
  }

  void Change(std::string& input) {
    const size_t at = Below(input.size() + 1);
    const size_t kind = Below(6);
    if (kind == 0) {
      input.insert(at, 1, Byte());
    } else if (kind == 1) {
      input.insert(at, Piece(input));
    } else if (kind == 2) {
      input.insert(at, Piece(Any()));
    } else if (at == input.size()) {
      input.append(1, Byte());
    } else if (kind == 3) {
      input[at] = Byte();
    } else if (kind == 4) {
      input[at] = static_cast<char>(input[at] ^ (1 << Below(8)));
    } else {
      input.erase(at, 1 + Below(8));
    }
  }

  const std::vector<std::string>& corpus_;
  std::mt19937_64 random_;
};

size_t NumberFrom(const char* variable, size_t usual) {
  const char* text = std::getenv(variable);
  return text == nullptr ? usual : std::strtoull(text, nullptr, 10);
}

int Run(const fs::path& path) {
  if (!fs::is_directory(path)) {
    TryExactly(ReadFile(path));
    return 0;
  }
  const std::vector<std::string> corpus = ReadCorpus(path);
  Expect(!corpus.empty(), "there is a corpus");
  for (const std::string& input : corpus) TryExactly(input);
  Mutator mutator(corpus, NumberFrom("KEFU_SEED", 1));
  const size_t wanted = NumberFrom("KEFU_FUZZ_MUTATIONS", 10000);
  const auto end = Clock::now() + kPatience;
  size_t tried = 0;
  for (; tried < wanted && Clock::now() < end; ++tried) TryExactly(mutator.Next());
  std::cout << corpus.size() << " files, " << tried << " mutations\n";
  return 0;
}

}  // namespace
}  // namespace kefu::fuzz

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: " << argv[0] << " CORPUS|FILE\n";
    return 2;
  }
  kefu::fuzz::g_crash_file = "crash-" + kefu::fuzz::fs::path(argv[0]).filename().string();
  LLVMFuzzerInitialize(&argc, &argv);
  std::signal(SIGABRT, kefu::fuzz::KeepInput);
  return kefu::fuzz::Run(argv[1]);
}
