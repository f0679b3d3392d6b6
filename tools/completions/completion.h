// Completions for shells, generated from a program's table of options.
//
// bash_completion() and zsh_completion() return the text of a file that the shell loads. All of it
// comes from the table, so a new option needs no other line of code. The word that --help shows for
// an option's value decides what is offered: a|b|c stands for these words and FILE for files; for
// any other the user types the value, unless `values` lists words.
// Thread: any. Errors: std::bad_alloc.
#ifndef SLUICE_TOOLS_COMPLETIONS_COMPLETION_H
#define SLUICE_TOOLS_COMPLETIONS_COMPLETION_H

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "../common/command_line.h"

namespace sluice::tools::completions {

enum class Operands : std::uint8_t { none, hosts, others };

// Lifetime: everything that it refers to is constant and outlives it.
struct Program {
  std::string_view name;
  std::span<const OptionSpec> options;
  Operands operands = Operands::none;
  // What may begin the value of an option, by the option's name; the user goes on typing after it.
  std::map<std::string_view, std::vector<std::string>> values;
};

std::string bash_completion(const Program& program);
std::string zsh_completion(const Program& program);

}  // namespace sluice::tools::completions

#endif
