// write_completions DIRECTORY: writes the completions of every program. The build runs it.
#include <filesystem>
#include <fstream>
#include <ios>
#include <stdexcept>
#include <string>
#include <vector>

#include "../../protocols/codec/codec_registry.h"
#include "../common/program.h"
#include "../sluice-fetch/options.h"
#include "../sluice-lookup/options.h"
#include "../sluice-scan/options.h"
#include "../sluice-talk/options.h"
#include "../sluicectl/options.h"
#include "../sluiced/options.h"
#include "../sluiced/services/service_kinds.h"
#include "completion.h"

namespace sluice::tools::completions {
namespace {

// "echo=": the endpoint follows.
std::vector<std::string> services() {
  std::vector<std::string> words;
  for (const daemon::ServiceKind* kind : daemon::all_kinds())
    words.push_back(std::string(kind->name) + '=');
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
      {"sluicectl", control::control_option_table(), Operands::others, {}},
      {"sluiced", daemon::daemon_option_table(), Operands::none, {{"listen", services()}}},
      {"sluice-fetch", fetch::fetch_option_table(), Operands::others, {}},
      {"sluice-lookup", lookup::lookup_option_table(), Operands::hosts, {}},
      {"sluice-scan", scan::scan_option_table(), Operands::hosts, {}},
      {"sluice-talk", talk::talk_option_table(), Operands::hosts, {{"framing", framings()}}},
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

Outcome run(int argc, char** argv) {
  if (argc != 2) throw std::runtime_error("the only operand is DIRECTORY");
  write_all(argv[1]);
  return {};
}

}  // namespace
}  // namespace sluice::tools::completions

int main(int argc, char** argv) {
  return sluice::tools::run_program({.name = "write_completions",
                                     .signals = {},
                                     .run = sluice::tools::completions::run,
                                     .report = nullptr},
                                    argc, argv);
}
