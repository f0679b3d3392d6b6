// write_completions DIRECTORY: writes the completions of every program. The build runs it.
//
// Errors: a message on the standard error, and exit status 1.
#include <cstdio>
#include <exception>
#include <filesystem>
#include <fstream>
#include <ios>
#include <stdexcept>
#include <string>
#include <vector>

#include "../../protocols/codec/codec_registry.h"
#include "../sluice-fetch/options.h"
#include "../sluice-lookup/options.h"
#include "../sluice-scan/options.h"
#include "../sluice-talk/options.h"
#include "../sluiced/options.h"
#include "../sluiced/services.h"
#include "completion.h"

namespace sluice::completions {
namespace {

// "echo=": the endpoint follows.
std::vector<std::string> services() {
  std::vector<std::string> words;
  for (const Service* service : all_services()) words.push_back(std::string(service->name) + '=');
  return words;
}

// "line", "decimal:": a parameter follows the colon.
std::vector<std::string> framings() {
  std::vector<std::string> words;
  for (const CodecFamily& family : codec_families()) {
    const std::size_t colon = family.form.find(':');
    words.emplace_back(family.form.substr(0, colon == family.form.npos ? colon : colon + 1));
  }
  return words;
}

std::vector<Program> programs() {
  return {
      {"sluiced", daemon_option_table(), Operands::none, {{"listen", services()}}},
      {"sluice-fetch", fetch_option_table(), Operands::others, {}},
      {"sluice-lookup", lookup_option_table(), Operands::hosts, {}},
      {"sluice-scan", scan_option_table(), Operands::hosts, {}},
      {"sluice-talk", talk_option_table(), Operands::hosts, {{"framing", framings()}}},
  };
}

void write_file(const std::filesystem::path& path, const std::string& text) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << text;
  file.close();
  if (!file) throw std::runtime_error(path.string() + ": cannot be written");
}

void write_all(const std::filesystem::path& directory) {
  for (const Program& program : programs()) {
    const std::string name(program.name);
    write_file(directory / "bash" / name, bash_completion(program));
    write_file(directory / "zsh" / ("_" + name), zsh_completion(program));
  }
}

}  // namespace
}  // namespace sluice::completions

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fputs("usage: write_completions DIRECTORY\n", stderr);
    return 2;
  }
  try {
    sluice::completions::write_all(argv[1]);
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "write_completions: %s\n", error.what());
    return 1;
  }
}
