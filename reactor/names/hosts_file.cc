#include "hosts_file.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "../base/text/host_name.h"

namespace sluice {
namespace {

// FNV-1a, ignoring case. For an address this means a few more collisions. No attacker chooses the
// contents: the file is the administrator's.
template <class Bytes>
std::uint32_t hash_of(const Bytes& bytes) noexcept {
  std::uint64_t value = 0xcbf29ce484222325;
  for (const auto byte : bytes) {
    value = (value ^ static_cast<unsigned char>(to_lower(static_cast<char>(byte)))) * 0x100000001b3;
  }
  return static_cast<std::uint32_t>(value ^ value >> 32);
}

std::optional<RawAddress> address_of(std::string_view word) {
  if (word.find('%') != word.npos) return {};
  const std::optional<Address> address = Address::from_ip(word, 0);
  if (!address) return {};
  return RawAddress(*address);
}

}  // namespace

void HostsFile::read(std::string_view part) {
  for (const char c : part) {
    switch (c) {
      case '\n':
        end_line();
        break;
      case '#':
        end_word();
        wants_ = Wants::end_of_line;
        break;
      case ' ':
      case '\t':
      case '\r':
      case '\v':
      case '\f':
        end_word();
        break;
      default:
        if (wants_ == Wants::end_of_line) break;
        if (word_size_ < kMaxWord) word_[word_size_] = c;
        if (word_size_ <= kMaxWord) ++word_size_;
    }
  }
}

void HostsFile::finish() { end_line(); }

bool HostsFile::dismantle(std::size_t count) noexcept {
  HashIndex::shorten(names_, count);
  HashIndex::shorten(lines_, count);
  const bool no_names = first_names_.dismantle(count);
  const bool no_lines = first_lines_.dismantle(count);
  if (!texts_.empty()) texts_.pop_back();
  text_left_ = 0;
  return names_.empty() && lines_.empty() && no_names && no_lines && texts_.empty();
}

void HostsFile::end_line() {
  end_word();
  wants_ = Wants::address;
  has_line_ = false;
}

void HostsFile::end_word() {
  const std::size_t size = std::exchange(word_size_, 0);
  if (size == 0 || wants_ == Wants::end_of_line) return;
  const std::string_view word(word_.data(), std::min(size, kMaxWord));
  if (wants_ == Wants::name) {
    if (size <= kMaxWord && is_host_name(word) && names_.size() < kMaxNames) add_name(word);
    return;
  }
  const std::optional<RawAddress> address =
      size <= kMaxWord ? address_of(word) : std::optional<RawAddress>();
  wants_ = address ? Wants::name : Wants::end_of_line;
  if (address) address_ = *address;
}

void HostsFile::add_name(std::string_view name) {
  const std::uint32_t hash = hash_of(name);
  const Index first = find(name, hash);
  if (first != kNone && names_[first].count == kMaxAddresses) return;
  const auto index = static_cast<Index>(names_.size());
  if (!has_line_) add_line();
  names_.push_back(
      {.text = keep(name), .line = static_cast<Index>(lines_.size() - 1), .last = index});
  ++lines_.back().names;
  if (first == kNone) return first_names_.add(hash, index);
  names_[std::exchange(names_[first].last, index)].next = index;
  ++names_[first].count;
}

void HostsFile::add_line() {
  const std::uint32_t hash = hash_of(address_.bytes());
  const bool is_known = find(address_, hash) != kNone;
  lines_.push_back({.address = address_, .first_name = static_cast<Index>(names_.size())});
  has_line_ = true;
  if (!is_known) first_lines_.add(hash, static_cast<Index>(lines_.size() - 1));
}

std::string_view HostsFile::keep(std::string_view text) {
  if (text_left_ < text.size()) {
    texts_.push_back(std::make_unique_for_overwrite<char[]>(kTextBlock));
    text_left_ = kTextBlock;
  }
  char* const at = texts_.back().get() + (kTextBlock - text_left_);
  std::copy(text.begin(), text.end(), at);
  text_left_ -= text.size();
  return {at, text.size()};
}

HostsFile::Index HostsFile::find(std::string_view name, std::uint32_t hash) const noexcept {
  return first_names_.find(hash, [&](Index at) { return is_same_name(names_[at].text, name); });
}

HostsFile::Index HostsFile::find(const RawAddress& address, std::uint32_t hash) const noexcept {
  return first_lines_.find(hash, [&](Index at) { return lines_[at].address == address; });
}

std::vector<RawAddress> HostsFile::addresses(std::string_view name) const {
  std::vector<RawAddress> all;
  for (Index at = find(name, hash_of(name)); at != kNone; at = names_[at].next) {
    const RawAddress& address = lines_[names_[at].line].address;
    if (std::find(all.begin(), all.end(), address) == all.end()) all.push_back(address);
  }
  return all;
}

std::vector<std::string> HostsFile::names(const RawAddress& address) const {
  std::vector<std::string> all;
  const Index found = find(address, hash_of(address.bytes()));
  if (found == kNone) return all;
  const Line& line = lines_[found];
  for (Index i = 0; i < std::min<Index>(line.names, kMaxAddresses); ++i) {
    const std::string_view name = names_[line.first_name + i].text;
    if (std::find(all.begin(), all.end(), name) == all.end()) all.emplace_back(name);
  }
  return all;
}

}  // namespace sluice
