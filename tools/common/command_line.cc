// The source that includes cxxopts, which takes seconds to compile.
#include "command_line.h"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <map>
#include <memory>
#include <new>
#include <stdexcept>
#include <utility>

// The library would split values at commas, and its regular expression reads no newline.
#define CXXOPTS_VECTOR_DELIMITER '\0'
#define CXXOPTS_NO_REGEX
#include <cxxopts.hpp>

#include "../../reactor/base/text/quote.h"
#include "names.h"
#include "nearest.h"
#include "usage_error.h"

namespace sluice::tools {
namespace {

// Bytes of a message: what was read, and what is wrong with it.
constexpr std::size_t kMaxRead = 512;
constexpr std::size_t kMaxWhy = 1024;

using Values = std::vector<std::string>;

cxxopts::Options describe(std::span<const OptionSpec> specs) {
  cxxopts::Options options("");
  for (const OptionSpec& spec : specs) {
    std::shared_ptr<cxxopts::Value> value = cxxopts::value<Values>();
    if (spec.value.empty() || spec.optional) value->implicit_value("");
    std::string names(spec.name);
    if (spec.letter != 0) names.insert(0, {spec.letter, ','});
    options.add_options()(names, "", value);
  }
  options.allow_unrecognised_options();  // named in refuse()
  return options;
}

// Whether the next word is its value, whatever that looks like.
bool takes_next(std::span<const OptionSpec> specs, std::string_view argument) {
  if (argument.size() < 2 || argument[0] != '-') return false;
  return std::any_of(specs.begin(), specs.end(), [&](const OptionSpec& spec) {
    if (spec.value.empty() || spec.optional) return false;
    if (argument[1] == '-') return argument.substr(2) == spec.name;
    return spec.letter != 0 && argument.back() == spec.letter;  // -l, or the last one of -nl
  });
}

struct Words {
  Values arguments;  // for the library
  Values operands;   // after "--", whatever they look like
  // By the name of the option: how it was typed, each time. The library reports only the name.
  std::map<std::string_view, Values> spellings;
};

// Adds what `argument`, which is not a value, says of options: "--listen", "--listen=x" or "-nl".
void add_spellings(std::span<const OptionSpec> specs, std::string_view argument, Words& words) {
  if (argument.starts_with("--")) {
    const std::string_view name = argument.substr(2, argument.find('=') - 2);
    for (const OptionSpec& spec : specs) {
      if (spec.name == name) words.spellings[spec.name].push_back("--" + std::string(name));
    }
    return;
  }
  if (!argument.starts_with('-')) return;
  for (const char letter : argument.substr(1)) {
    const auto spec = std::find_if(specs.begin(), specs.end(), [letter](const OptionSpec& each) {
      return each.letter == letter;
    });
    if (spec == specs.end()) continue;
    words.spellings[spec->name].push_back(std::string("-") + letter);
    if (!spec->value.empty() && !spec->optional) return;  // the rest is its value
  }
}

// Adds the options that the alias stands for. Returns whether the next word is a value.
bool add_meaning(std::span<const OptionSpec> specs, const OptionAlias& alias, Words& words) {
  if (!alias.instead.empty()) {
    throw UsageError(std::string(alias.spelled) +
                     ": this option is not known; allowed: " + std::string(alias.instead));
  }
  bool takes_value = false;
  for (std::size_t start = 0; start < alias.means.size();) {
    const std::size_t blank = std::min(alias.means.find(' ', start), alias.means.size());
    const std::string_view option = alias.means.substr(start, blank - start);
    words.arguments.emplace_back(option);
    for (const OptionSpec& spec : specs) {
      if (spec.name == option.substr(2)) words.spellings[spec.name].emplace_back(alias.spelled);
    }
    takes_value = takes_next(specs, option);
    start = blank + 1;
  }
  return takes_value;
}

// -lVALUE becomes -l VALUE, which the library does not know.
Words separate(std::span<const OptionSpec> specs, std::span<const OptionAlias> aliases, int argc,
               const char* const* argv) {
  Words words;
  bool is_value = false;
  for (int i = 0; i < argc; ++i) {
    const std::string_view argument = argv[i];
    if (!is_value && argument == "--") {
      words.operands.assign(argv + i + 1, argv + argc);
      break;
    }
    const auto alias =
        std::find_if(aliases.begin(), aliases.end(),
                     [argument](const OptionAlias& each) { return each.spelled == argument; });
    if (!is_value && i > 0 && alias != aliases.end()) {
      is_value = add_meaning(specs, *alias, words);
      continue;
    }
    if (!is_value && i > 0) add_spellings(specs, argument, words);
    const bool joined = !is_value && argument.size() > 2 && argument[0] == '-' &&
                        std::any_of(specs.begin(), specs.end(), [&](const OptionSpec& spec) {
                          return spec.letter == argument[1] && !spec.value.empty();
                        });
    if (joined) {
      words.arguments.emplace_back(argument.substr(0, 2));
      words.arguments.emplace_back(argument.substr(2));
    } else {
      words.arguments.emplace_back(argument);
    }
    is_value = !is_value && !joined && i > 0 && takes_next(specs, argument);
  }
  return words;
}

cxxopts::ParseResult parse(cxxopts::Options& described, const Words& words) {
  const Values& arguments = words.arguments;
  std::vector<const char*> pointers;
  pointers.reserve(arguments.size());
  for (const std::string& argument : arguments) pointers.push_back(argument.c_str());
  try {
    return described.parse(static_cast<int>(pointers.size()), pointers.data());
  } catch (const cxxopts::exceptions::missing_argument&) {
    const std::string& last = arguments.back();
    const bool letters = !last.starts_with("--");  // of -nl, -l has no value
    const auto typed = letters ? words.spellings.end() : words.spellings.find(last.substr(2));
    const std::string option = typed != words.spellings.end() ? typed->second.back()
                               : letters                      ? std::string("-") + last.back()
                                                              : last;
    throw UsageError(option + ": the value is missing");
  } catch (const cxxopts::exceptions::exception& error) {
    throw UsageError(error.what());
  }
}

// A letter is answered with the letters, and a name with the one that was probably meant.
[[noreturn]] void refuse(std::span<const OptionSpec> specs, const std::string& stranger) {
  const std::string message = escape(stranger, kMaxQuoted) + ": unknown option";
  Values letters;
  Values names;
  for (const OptionSpec& spec : specs) {
    if (spec.letter != 0) letters.push_back(std::string("-") + spec.letter);
    names.push_back("--" + std::string(spec.name));
  }
  const bool is_letter = !stranger.starts_with("--");
  if (is_letter && !letters.empty()) {
    letters.emplace_back("the long ones that --help lists");
    throw UsageError(message + "; allowed: " + join_names(letters));
  }
  const std::vector<std::string_view> known(names.begin(), names.end());
  const std::string name = stranger.substr(0, stranger.find('='));
  const std::string meant = is_letter ? "" : suggestion(name, known);
  throw UsageError(message + (meant.empty() ? "; allowed: " + join_names(names) : meant));
}

}  // namespace

CommandLine::CommandLine(std::span<const OptionSpec> options, int argc, const char* const* argv,
                         std::span<const OptionAlias> aliases) {
  cxxopts::Options described = describe(options);
  Words words = separate(options, aliases, argc, argv);
  const cxxopts::ParseResult parsed = parse(described, words);
  for (const std::string& other : parsed.unmatched()) {
    if (other.size() > 1 && other.front() == '-') refuse(options, other);
    operands_.push_back(other);
  }
  std::move(words.operands.begin(), words.operands.end(), std::back_inserter(operands_));
  for (const OptionSpec& spec : options) {
    const std::string name(spec.name);
    if (parsed.count(name) == 0) continue;
    auto values = parsed[name].as<Values>();
    // Its stream leaves a value out that it finds no memory for, and says nothing.
    if (values.size() != parsed.count(name)) throw std::bad_alloc();
    if (spec.value.empty()) {
      for (const std::string& value : values) {
        if (value.empty()) continue;
        throw UsageError("--" + name + '=' + escape(value, kMaxQuoted) +
                         ": this option takes no value");
      }
    }
    Values& spelled = words.spellings[spec.name];
    spelled.resize(values.size(), "--" + name);
    std::vector<Given>& given = given_[spec.name];
    for (std::size_t i = spec.repeatable ? 0 : values.size() - 1; i < values.size(); ++i) {
      given.push_back({std::move(spelled[i]), std::move(values[i]), spec.is_secret});
    }
  }
}

std::string CommandLine::spelled(std::string_view name) const {
  const auto found = given_.find(name);
  return found == given_.end() ? "--" + std::string(name) : found->second.back().spelled;
}

void CommandLine::refuse_both(std::string_view one, std::string_view other) const {
  if (!has(one) || !has(other)) return;
  throw UsageError(spelled(one) + " and " + spelled(other) + " cannot be combined");
}

void CommandLine::each(std::string_view name,
                       const std::function<void(std::string_view)>& use) const {
  const auto found = given_.find(name);
  if (found == given_.end()) return;
  std::vector<std::string> messages;
  for (const Given& given : found->second) {
    const auto refuse = [&messages, &given](std::string_view why) {
      const std::string read = given.is_secret ? "" : ' ' + escape(given.value, kMaxRead);
      messages.push_back(given.spelled + read + ": " + escape(why, kMaxWhy));
    };
    try {
      use(given.value);
    } catch (const std::invalid_argument& error) {
      refuse(error.what());
    } catch (const UsageError& error) {
      for (const std::string& message : error.messages()) refuse(message);
    }
  }
  if (!messages.empty()) throw UsageError(std::move(messages));
}

std::string CommandLine::answer(std::string_view program_and_version,
                                std::string (*help_text)()) const {
  if (has("help")) return help_text();
  return has("version") ? std::string(program_and_version) + '\n' : std::string();
}

std::string help_row(std::string_view left, std::string_view right) {
  std::string row = "  " + std::string(left);
  if (row.size() + 2 > kHelpLeft) row += '\n' + std::string(kHelpLeft, ' ');
  row.resize(std::max(row.size(), kHelpLeft), ' ');
  return row + std::string(right) + '\n';
}

std::string help_of(std::span<const OptionSpec> options) {
  std::string text;
  for (const OptionSpec& option : options) {
    std::string usage;
    if (option.letter != 0) usage = std::string("-") + option.letter + ", ";
    usage += "--" + std::string(option.name);
    if (option.optional) {
      usage += "[=" + std::string(option.value) + ']';
    } else if (!option.value.empty()) {
      usage += ' ' + std::string(option.value);
    }
    text += help_row(usage, option.summary);
  }
  return text;
}

}  // namespace sluice::tools
