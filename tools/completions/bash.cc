#include <string>

#include "completion.h"
#include "value_kind.h"

namespace sluice::tools::completions {
namespace {

// "-l --listen", separated as given.
std::string names_of(const OptionSpec& option, std::string_view separator) {
  std::string names;
  if (option.letter != 0) names = std::string("-") + option.letter + std::string(separator);
  return names + "--" + std::string(option.name);
}

std::string offer(std::string_view words) {
  return "COMPREPLY=($(compgen -W '" + std::string(words) + "' -- \"$current\"))";
}

std::string bash_action_of(const Value& value) {
  switch (value.kind) {
    case ValueKind::words:
      return offer(value.words);
    case ValueKind::beginning:
      return "compopt -o nospace; " + offer(value.words);
    case ValueKind::file:
      return "compopt -o default";
    case ValueKind::none:
    case ValueKind::typed:
      break;
  }
  return "";
}

// The case of the options with this value: the word after them is completed by `action`.
std::string value_cases(const Program& program) {
  std::string cases;
  for (const OptionSpec& option : program.options) {
    // The value of an optional one never is the next word.
    if (option.value.empty() || option.optional) continue;
    const std::string action = bash_action_of(value_of(program, option));
    cases += "    " + names_of(option, " | ") + ")\n";
    if (!action.empty()) cases += "      " + action + '\n';
    cases += "      return ;;\n";
  }
  return cases;
}

std::string_view complete_operand(Operands operands) {
  return operands == Operands::hosts ? "  COMPREPLY=($(compgen -A hostname -- \"$current\"))\n"
                                     : "";
}

}  // namespace

std::string bash_completion(const Program& program) {
  const std::string name(program.name);
  std::string function = "_" + name;
  for (char& c : function) {
    if (c == '-') c = '_';
  }
  std::string all;
  for (const OptionSpec& option : program.options) {
    if (!all.empty()) all += ' ';
    all += names_of(option, " ");
  }
  std::string text = "# bash completion for " + name + ", generated from its table of options\n\n" +
                     function +
                     "()\n{\n"
                     "  local current=${COMP_WORDS[COMP_CWORD]} joined=\n"
                     "  local previous=${COMP_WORDS[COMP_CWORD - 1]}\n"
                     "  COMPREPLY=()\n"
                     "  # bash splits --name=value into three words.\n"
                     "  if [[ $current == = ]]; then\n"
                     "    joined=yes current=\n"
                     "  elif [[ $previous == = ]]; then\n"
                     "    joined=yes previous=${COMP_WORDS[COMP_CWORD - 2]}\n"
                     "  fi\n"
                     "  case $previous in\n" +
                     value_cases(program) +
                     "  esac\n"
                     "  [[ $joined ]] && return\n"
                     "  if [[ $current == -* ]]; then\n"
                     "    " +
                     offer(all) +
                     "\n"
                     "    return\n"
                     "  fi\n";
  text += complete_operand(program.operands);
  return text + "} &&\n  complete -F " + function + ' ' + name + '\n';
}

}  // namespace sluice::tools::completions
