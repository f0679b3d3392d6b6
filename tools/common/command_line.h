// Reads a command line by a table of options, the same way in every program.
//
// What it is: every value is text, and each() runs the function that parses it, because the library
// that is used here lets numbers wrap around, splits values at commas, and names no option in its
// errors.
// Errors: UsageError that names the option as it was typed (-l or --listen), what was read and what
// is allowed. What was read is escaped and cut, so that the message is one line.
#ifndef SLUICE_TOOLS_COMMON_COMMAND_LINE_H
#define SLUICE_TOOLS_COMMON_COMMAND_LINE_H

#include <cstddef>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::tools {

struct OptionSpec {
  std::string_view name;     // without its dashes: "listen"
  char letter;               // 'l', or 0
  std::string_view value;    // the word for its value, "ENDPOINT"; empty if it has none
  std::string_view summary;  // for --help
  bool repeatable = false;   // else the last value wins
  bool optional = false;     // --name alone is valid, with the value ""; a value needs a '='
  bool is_secret = false;    // no message shows the value
};

// How another program spells options. Only the whole word is it, so that "-oX" is told apart from
// -o with the value "X.txt" attached.
struct OptionAlias {
  std::string_view spelled;  // "-oX"
  std::string_view means;    // "--xml"; more with blanks between, the value goes to the last; or ""
  std::string_view instead;  // not empty: it is rejected, and this is allowed
};

class CommandLine {
 public:
  // REQUIRES: argv[0] is the program; the table has each name in `means`. Throws UsageError.
  CommandLine(std::span<const OptionSpec> options, int argc, const char* const* argv,
              std::span<const OptionAlias> aliases = {});

  // REQUIRES: the table has that name.
  [[nodiscard]] bool has(std::string_view name) const { return given_.count(name) != 0; }
  // The option as it was typed, "-l", "--listen" or an alias; the last time, if there were several.
  // "--NAME" if it was not given.
  [[nodiscard]] std::string spelled(std::string_view name) const;
  // Throws UsageError if both options were given.
  void refuse_both(std::string_view one, std::string_view other) const;
  // Runs `use` for the value, or for each. If it throws UsageError or std::invalid_argument, the
  // option and the value, unless it is secret, are put before each message; all messages are
  // thrown in one UsageError.
  void each(std::string_view name, const std::function<void(std::string_view)>& use) const;
  // The text that --help or --version asks for, --help first; the program does nothing else then.
  // Empty without either. REQUIRES: the table has both.
  [[nodiscard]] std::string answer(std::string_view program_and_version,
                                   std::string (*help_text)()) const;
  // The arguments that are not options, in order.
  [[nodiscard]] const std::vector<std::string>& operands() const noexcept { return operands_; }

 private:
  struct Given {
    std::string spelled;
    std::string value;
    bool is_secret;
  };

  std::map<std::string_view, std::vector<Given>> given_;
  std::vector<std::string> operands_;
};

// "  --count COUNT    what it does" for --help: one line of at most kHelpColumns, or two if `left`
// is too long for its column. REQUIRES: `right` fits, in kHelpColumns - kHelpLeft columns.
constexpr std::size_t kHelpColumns = 80;
constexpr std::size_t kHelpLeft = 28;
std::string help_row(std::string_view left, std::string_view right);
// A row for each option.
std::string help_of(std::span<const OptionSpec> options);

}  // namespace sluice::tools

#endif
