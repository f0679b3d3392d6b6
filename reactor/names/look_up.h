// One lookup of a resolver: the request, the steps that are left, and the results.
//
// What it is: a struct and the transitions between its steps. It does no I/O.
// Thread: the loop's. Errors: take() and conclude() set ResolverError::no_memory if memory runs
// out; the others may throw std::bad_alloc.
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

  // The request: one of the two.
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

  std::vector<SearchStep> steps;  // those that are left, the next one last
  std::size_t awaited = 0;        // the number of answers that servers still owe
  std::error_code error;
  std::vector<Address> addresses;
  std::vector<std::string> names;

  void plan(const SearchRules& rules);
  // The record types to ask a server for.
  [[nodiscard]] std::span<const DnsType> types() const noexcept;
  [[nodiscard]] bool has_found() const noexcept { return !addresses.empty() || !names.empty(); }
  void look_into(const HostsFile& file, const std::string& name);
  void take(const DnsAnswer& answer) noexcept;
  // Call it after the last answer of a step. True if the next step should be taken.
  [[nodiscard]] bool goes_on() const noexcept;
  // Ends the lookup: puts the addresses in order, or sets the error.
  void conclude() noexcept;
  void call_back();

 private:
  void add(std::span<const RawAddress> found);
  void fail(std::error_code why) noexcept;
};

}  // namespace sluice

#endif
