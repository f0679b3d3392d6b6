// An index of a hosts file: the addresses of its names and the names of its addresses.
//
// What it is: a value that is made by reading the file's bytes, in parts of any length, so that a
// large file can be read over many turns. "ADDRESS NAME [ALIAS]...", and a comment from '#' on. A
// line whose address is none, or has a zone, is skipped; so is a word that is no host's name.
// Bounds: names above kMaxNames are skipped.
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
  static constexpr std::size_t kMaxAddresses = ResolverOptions::kMaxAddresses;  // of one name

  void read(std::string_view part);
  void finish();  // the last line may lack its newline
  // Frees a part of it, about `count` names; true when nothing is left. Freeing all of a large one
  // takes long. Until then it must not be used.
  [[nodiscard]] bool dismantle(std::size_t count) noexcept;

  // In the file's order, each once, for a name in any case.
  [[nodiscard]] std::vector<RawAddress> addresses(std::string_view name) const;
  // Those of the first line with that address, each once, as they are written.
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
    Index next = kNone;  // where the same name is once more
    // Kept by the first of a name.
    Index last;
    Index count = 1;
  };
  // Its names are neighbours.
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

  // Where the reading is.
  Wants wants_ = Wants::address;
  std::array<char, kMaxWord> word_;
  std::size_t word_size_ = 0;  // more than kMaxWord: too long to be anything
  RawAddress address_;
  bool has_line_ = false;

  // Of deques, because a vector that grows copies all it has in one turn.
  std::deque<Name> names_;
  std::deque<Line> lines_;
  HashIndex first_names_;
  HashIndex first_lines_;
  std::vector<std::unique_ptr<char[]>> texts_;
  std::size_t text_left_ = 0;  // of the last block
};

}  // namespace sluice

#endif
