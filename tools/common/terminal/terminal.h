// What the terminal and the locale of this process can do.
//
// Thread: use_character_set() before others start. Errors: none.
#ifndef SLUICE_TOOLS_COMMON_TERMINAL_TERMINAL_H
#define SLUICE_TOOLS_COMMON_TERMINAL_TERMINAL_H

namespace sluice::tools {

// Whether TERM says that escape sequences would appear as text: it is "dumb", empty or not set.
[[nodiscard]] bool is_dumb_terminal() noexcept;

// Whether colours may be written to a descriptor: it is a terminal, not a dumb one, and NO_COLOR is
// empty or not set (no-color.org).
[[nodiscard]] bool has_colours(int fd) noexcept;

// Whether the program runs in the background of the terminal of its standard input, where reading
// it and changing its settings are for others. False if the input is no terminal.
[[nodiscard]] bool is_in_background() noexcept;

// Makes the program's character set that of the environment, or UTF-8 if it names none: libraries
// that read wide characters or names in other scripts refuse all beyond ASCII otherwise.
void use_character_set() noexcept;

}  // namespace sluice::tools

#endif
