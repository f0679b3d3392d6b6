#include <string>

#include "completion.h"
#include "value_kind.h"

namespace sluice::tools::completions {
namespace {

// As one word of the shell.
std::string quoted(std::string_view text) {
  std::string word = "'";
  for (const char c : text) {
    if (c == '\'') {
      word += R"('\'')";
    } else {
      word += c;
    }
  }
  return word + '\'';
}

// _arguments ends a summary at ']', and each part of a specification at ':'.
std::string escaped(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if (c == '[' || c == ']' || c == ':' || c == '\\') result += '\\';
    result += c;
  }
  return result;
}

std::string zsh_action_of(const Value& value) {
  switch (value.kind) {
    case ValueKind::words:
      return '(' + value.words + ')';
    case ValueKind::beginning:
      return " compadd -S '' - " + escaped(value.words);
    case ValueKind::file:
      return "_files";
    case ValueKind::none:
    case ValueKind::typed:
      break;
  }
  return " ";
}

// One name of an option, as _arguments reads it: (exclusions)--name=[summary]:value:action
std::string spec_of(const Program& program, const OptionSpec& option, bool by_letter) {
  const std::string long_name = "--" + std::string(option.name);
  const std::string short_name = std::string("-") + option.letter;
  const bool ends_all = option.name == "help" || option.name == "version";
  std::string spec;
  if (ends_all) {
    spec = "(- *)";
  } else if (option.repeatable) {
    spec = "*";
  } else if (option.letter != 0) {
    spec = '(' + short_name + ' ' + long_name + ')';
  }
  spec += by_letter ? short_name : long_name;
  if (option.optional) {
    spec += "=-";
  } else if (!option.value.empty()) {
    spec += by_letter ? '+' : '=';
  }
  spec += '[' + escaped(option.summary) + ']';
  if (option.value.empty()) return spec;
  spec += option.optional ? "::" : ":";
  return spec + escaped(option.value) + ':' + zsh_action_of(value_of(program, option));
}

std::string_view operands_spec(Operands operands) {
  switch (operands) {
    case Operands::hosts:
      return "*:host:_hosts";
    case Operands::others:
      return "*:operand: ";
    case Operands::none:
      break;
  }
  return "";
}

}  // namespace

std::string zsh_completion(const Program& program) {
  const std::string name(program.name);
  std::string text = "#compdef " + name +
                     "\n# zsh completion, generated from the program's table of options\n\n"
                     "_arguments -s -S";
  const auto add = [&text](std::string_view spec) { text += " \\\n  " + quoted(spec); };
  for (const OptionSpec& option : program.options) {
    if (option.letter != 0) add(spec_of(program, option, true));
    add(spec_of(program, option, false));
  }
  if (const auto spec = operands_spec(program.operands); !spec.empty()) add(spec);
  return text + '\n';
}

}  // namespace sluice::tools::completions
