// One look-up of a resolver: what is asked for, where to look next, and what has been found.
//
// What it is: a struct and the steps that it goes through; it asks nobody itself.
// Thread: the loop's. Errors: take() and conclude() end in ResolverError::no_memory where there is
// none; the others may throw std::bad_alloc.
#ifndef SLUICE_REACTOR_NAMES_LOOK_UP_H
#define SLUICE_REACTOR_NAMES_LOOK_UP_H

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <system_error>
#include <vector>

#include "../base/timer_queue.h"
#include "dns_message.h"
#include "hosts_file.h"
#include "resolver_types.h"
#include "search_steps.h"

namespace sluice {

struct LookUp {
  enum class State : std::uint8_t { waiting, asked, answered };

  // One of the two is what is asked for.
  std::string host;
  RawAddress address;

  std::uint64_t number = 0;
  State state = State::waiting;
  TimePoint due = TimePoint::max();
  std::uint16_t port = 0;
  int family = AF_UNSPEC;
  bool is_localhost = false;
  std::function<void(std::error_code, std::vector<Address>)> addresses_found;
  std::function<void(std::error_code, std::vector<std::string>)> names_found;

  std::vector<SearchStep> steps;  // those to come, the next one last
  std::size_t awaited = 0;        // answers of servers
  std::error_code error;
  std::vector<Address> addresses;
  std::vector<std::string> names;

  void plan(const SearchRules& rules);
  // What to ask a server for.
  [[nodiscard]] std::span<const DnsType> types() const noexcept;
  [[nodiscard]] bool has_found() const noexcept { return !addresses.empty() || !names.empty(); }
  void look_into(const HostsFile& file, const std::string& name);
  void take(const DnsAnswer& answer) noexcept;
  // After the last answer of a step: the next one may know more.
  [[nodiscard]] bool goes_on() const noexcept;
  // Nothing more will be found: puts the addresses in order, or says why there are none.
  void conclude() noexcept;
  void call_back();

 private:
  void add(std::span<const RawAddress> found);
  void fail(std::error_code why) noexcept;
};

}  // namespace sluice

#endif
