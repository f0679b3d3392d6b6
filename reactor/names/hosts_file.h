// An index of a hosts file: the addresses of its names, and the names of its addresses.
//
// What it is: a value that reads the file's bytes in parts of any length, so that a large file can
// be read over many turns. A line is "ADDRESS NAME [ALIAS]...", and '#' begins a comment. A line
// without a valid address, or with a zone, is skipped, and so is a word that is not a host name.
// Limits: names beyond kMaxNames are skipped.
// Lifetime: movable. Thread: a plain value. Errors: std::bad_alloc. Source: hosts(5).
#ifndef SLUICE_REACTOR_NAMES_HOSTS_FILE_H
#define SLUICE_REACTOR_NAMES_HOSTS_FILE_H

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "hash_index.h"
#include "raw_address.h"
#include "resolver_types.h"

namespace sluice {

class HostsFile {
 public:
  static constexpr std::size_t kMaxNames = 2'000'000;
  static constexpr std::size_t kMaxAddresses = ResolverOptions::kMaxAddresses;  // for each name

  void read(std::string_view part);
  void finish();  // the last line may lack its newline
  // Frees about `count` names, because freeing a large index at once takes long. Returns true when
  // nothing is left. Until then the index must not be used.
  [[nodiscard]] bool dismantle(std::size_t count) noexcept;

  // The addresses of a name, ignoring case. In the order of the file, each once.
  [[nodiscard]] std::vector<RawAddress> addresses(std::string_view name) const;
  // The names on the first line with that address, as they are written, each once.
  [[nodiscard]] std::vector<std::string> names(const RawAddress& address) const;
  [[nodiscard]] std::size_t size() const noexcept { return names_.size(); }

 private:
  using Index = HashIndex::Number;
  static constexpr Index kNone = HashIndex::kNone;
  static constexpr std::size_t kMaxWord = 255;
  static constexpr std::size_t kTextBlock = std::size_t{64} * 1024;

  struct Name {
    std::string_view text;  // in texts_
    Index line;
    Index next = kNone;  // the next entry with the same name
    // Valid in the first entry with a name.
    Index last;
    Index count = 1;
  };
  // The names of a line are consecutive in names_.
  struct Line {
    RawAddress address;
    Index first_name;
    Index names = 0;
  };
  enum class Wants : std::uint8_t { address, name, end_of_line };

  void end_word();
  void end_line();
  void add_name(std::string_view name);
  void add_line();
  std::string_view keep(std::string_view text);
  [[nodiscard]] Index find(std::string_view name, std::uint32_t hash) const noexcept;
  [[nodiscard]] Index find(const RawAddress& address, std::uint32_t hash) const noexcept;

  // The state of the parser.
  Wants wants_ = Wants::address;
  std::array<char, kMaxWord> word_;
  std::size_t word_size_ = 0;  // more than kMaxWord: too long for an address or a name
  RawAddress address_;
  bool has_line_ = false;

  // Deques, because a vector that grows copies all its elements in one turn.
  std::deque<Name> names_;
  std::deque<Line> lines_;
  HashIndex first_names_;
  HashIndex first_lines_;
  std::vector<std::unique_ptr<char[]>> texts_;
  std::size_t text_left_ = 0;  // in the last block
};

}  // namespace sluice

#endif
