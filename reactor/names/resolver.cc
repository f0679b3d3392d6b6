#include "resolver.h"

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <list>
#include <new>
#include <unordered_map>
#include <utility>

#include "../base/host_name.h"
#include "../loop/loop_component.h"
#include "../loop/loop_internals.h"
#include "../loop/timer.h"
#include "ares_channel.h"

namespace sluice {
namespace {

using std::chrono::milliseconds;

// What c-ares may have to do at a time, also for look-ups that were cancelled or ran out of time:
// it cannot cancel one of them.
constexpr std::size_t kMaxUnderWay = 4 * Resolver::kMaxAsked;

std::vector<Address> loopback(std::uint16_t port, int family) {
  std::vector<Address> addresses;
  for (const int each : {AF_INET6, AF_INET}) {
    if (family == each || family == AF_UNSPEC) addresses.push_back(Address::loopback(each, port));
  }
  return addresses;
}

enum class State : std::uint8_t { waiting, asked, answered };

struct LookUp {
  std::uint64_t number = 0;
  State state = State::waiting;
  TimePoint due = TimePoint::max();
  // One of the two is what is asked for.
  std::string host;
  Address address;
  std::uint16_t port = 0;
  int family = AF_UNSPEC;
  bool localhost = false;

  std::error_code error;
  std::vector<Address> addresses;
  std::vector<std::string> names;
  Resolver::AddressesFound addresses_found;
  Resolver::NamesFound names_found;

  void tell() {
    if (addresses_found) {
      addresses_found(error, std::move(addresses));
    } else {
      names_found(error, std::move(names));
    }
  }
};

}  // namespace

// Look-ups go from list to list by splicing, which allocates nothing: an answer that has come can
// always be told. In each list they stand in the order in which they were asked for, which is that
// of their deadlines.
class Resolver::Impl final : public LoopComponent, private AresChannel::Owner {
 public:
  Impl(Loop& loop, const ResolverOptions& options)
      : LoopComponent(loop, Phase::callbacks),
        deadline_(options.deadline),
        timer_(loop, [this] { on_deadline(); }),
        channel_(loop, options, *this) {}
  ~Impl() override {
    if (destroyed_ != nullptr) *destroyed_ = true;
  }

  LookupId addresses(std::string_view host, std::uint16_t port, int family, AddressesFound found);
  LookupId names(const Address& address, NamesFound found);
  void cancel(LookupId id) noexcept;
  [[nodiscard]] std::size_t pending() const noexcept { return index_.size(); }

  void end_of_turn() override;

 private:
  using List = std::list<LookUp>;

  LookupId add(List& one);
  List& list_of(State state) noexcept;
  void answer(List::iterator look_up, std::error_code error) noexcept;
  void ask_waiting();
  void ask(List::iterator look_up);
  bool tell_one();
  void on_addresses(std::uint64_t number, std::error_code error,
                    std::vector<Address> addresses) noexcept override;
  void on_names(std::uint64_t number, std::error_code error,
                std::vector<std::string> names) noexcept override;
  void on_deadline();
  // One less is asked, without an answer that would bring those that wait for their turn.
  void look_for_room() noexcept {
    if (!waiting_.empty()) request_end_of_turn();
  }
  void rest() noexcept;

  milliseconds deadline_;
  std::uint64_t last_number_ = 0;
  List waiting_;
  List asked_;
  List answered_;
  std::unordered_map<std::uint64_t, List::iterator> index_;
  bool* destroyed_ = nullptr;  // set while a function runs
  Timer timer_;
  AresChannel channel_;  // last: what it still hands on finds the rest
};

LookupId Resolver::Impl::addresses(std::string_view host, std::uint16_t port, int family,
                                   AddressesFound found) {
  assert(family == AF_UNSPEC || family == AF_INET || family == AF_INET6);
  assert(found);
  List one(1);
  LookUp& look_up = one.front();
  look_up.port = port;
  look_up.family = family;
  look_up.addresses_found = std::move(found);
  if (const auto numeric = Address::from_ip(host, port)) {
    look_up.state = State::answered;
    if (family == AF_UNSPEC || family == numeric->family()) {
      look_up.addresses.push_back(*numeric);
    } else {
      look_up.error = ResolverError::no_address;
    }
  } else if (!is_host_name(host)) {
    look_up.state = State::answered;
    look_up.error = ResolverError::bad_name;
  } else {
    // c-ares knows the one name, written so.
    look_up.localhost = is_localhost(host);
    look_up.host = look_up.localhost ? "localhost" : host;
  }
  return add(one);
}

LookupId Resolver::Impl::names(const Address& address, NamesFound found) {
  assert(address.is_ip());
  assert(found);
  List one(1);
  one.front().address = address;
  one.front().names_found = std::move(found);
  return add(one);
}

LookupId Resolver::Impl::add(List& one) {
  LookUp& look_up = one.front();
  look_up.number = ++last_number_;
  if (deadline_ > milliseconds(0)) {
    look_up.due = later(loop().now(), deadline_);
    if (!timer_.running()) timer_.start(deadline_);
  }
  List& list = list_of(look_up.state);
  index_.emplace(look_up.number, one.begin());
  list.splice(list.end(), one);
  request_end_of_turn();
  return {look_up.number};
}

Resolver::Impl::List& Resolver::Impl::list_of(State state) noexcept {
  if (state == State::waiting) return waiting_;
  return state == State::asked ? asked_ : answered_;
}

void Resolver::Impl::answer(List::iterator look_up, std::error_code error) noexcept {
  look_up->error = error;
  answered_.splice(answered_.end(), list_of(look_up->state), look_up);
  look_up->state = State::answered;
  request_end_of_turn();
}

void Resolver::Impl::cancel(LookupId id) noexcept {
  const auto found = index_.find(id.number);
  if (found == index_.end()) return;
  List one;
  one.splice(one.end(), list_of(found->second->state), found->second);
  index_.erase(found);
  rest();
  look_for_room();
  // What the function holds goes last: it may hold this resolver.
}

void Resolver::Impl::end_of_turn() {
  // What a function asks for comes at the next end of turn.
  for (std::size_t left = answered_.size(); left > 0 && !answered_.empty(); --left) {
    if (!tell_one()) return;
  }
  ask_waiting();
  if (!answered_.empty()) request_end_of_turn();
  rest();
}

// False when the function destroyed this.
bool Resolver::Impl::tell_one() {
  bool destroyed = false;
  {
    List one;
    one.splice(one.end(), answered_, answered_.begin());
    index_.erase(one.front().number);
    destroyed_ = &destroyed;
    LoopInternals::guarded(loop(), "resolver", [&one] { one.front().tell(); });
  }
  if (!destroyed) destroyed_ = nullptr;
  return !destroyed;
}

void Resolver::Impl::ask_waiting() {
  while (!waiting_.empty() && asked_.size() < kMaxAsked && channel_.asked() < kMaxUnderWay) {
    const auto look_up = waiting_.begin();
    asked_.splice(asked_.end(), waiting_, look_up);
    look_up->state = State::asked;
    try {
      ask(look_up);
    } catch (const std::bad_alloc&) {
      answer(look_up, ResolverError::no_memory);
    }
  }
}

void Resolver::Impl::ask(List::iterator look_up) {
  if (look_up->localhost) {
    // Not by ask_addresses(): where the file has no such name, c-ares 1.18 makes up the answer too,
    // and leaks a few bytes each time.
    look_up->addresses = channel_.addresses_in_file(look_up->host, look_up->port, look_up->family);
    if (look_up->addresses.empty()) look_up->addresses = loopback(look_up->port, look_up->family);
    answer(look_up, {});
  } else if (look_up->names_found) {
    channel_.ask_names(look_up->number, look_up->address);
  } else {
    channel_.ask_addresses(look_up->number, look_up->host, look_up->port, look_up->family);
  }
}

void Resolver::Impl::on_addresses(std::uint64_t number, std::error_code error,
                                  std::vector<Address> addresses) noexcept {
  const auto found = index_.find(number);
  if (found == index_.end() || found->second->state != State::asked) return look_for_room();
  found->second->addresses = std::move(addresses);
  answer(found->second, error);
}

void Resolver::Impl::on_names(std::uint64_t number, std::error_code error,
                              std::vector<std::string> names) noexcept {
  const auto found = index_.find(number);
  if (found == index_.end() || found->second->state != State::asked) return look_for_room();
  found->second->names = std::move(names);
  answer(found->second, error);
}

void Resolver::Impl::on_deadline() {
  const TimePoint now = loop().now();
  for (List* list : {&asked_, &waiting_}) {
    while (!list->empty() && list->front().due <= now) {
      answer(list->begin(), ResolverError::timed_out);
    }
  }
  rest();
}

// With nothing to wait for, nothing is watched: neither what was given up nor a deadline.
void Resolver::Impl::rest() noexcept {
  if (asked_.empty() && channel_.asked() > 0) channel_.abandon();
  if (asked_.empty() && waiting_.empty()) return timer_.stop();
  const TimePoint due = asked_.empty() ? waiting_.front().due : asked_.front().due;
  if (due == TimePoint::max() || (timer_.running() && timer_.due() <= due)) return;
  LoopInternals::guarded(loop(), "resolver", [&] {
    timer_.start(std::chrono::ceil<milliseconds>(std::max(due - loop().now(), {})));
  });
}

Resolver::Resolver(Loop& loop, const ResolverOptions& options)
    : impl_(std::make_unique<Impl>(loop, options)) {}

Resolver::~Resolver() = default;

LookupId Resolver::addresses(std::string_view host, std::uint16_t port, int family,
                             AddressesFound found) {
  LoopInternals::assert_thread(impl_->loop());
  return impl_->addresses(host, port, family, std::move(found));
}

LookupId Resolver::names(const Address& address, NamesFound found) {
  LoopInternals::assert_thread(impl_->loop());
  return impl_->names(address, std::move(found));
}

void Resolver::cancel(LookupId id) noexcept {
  LoopInternals::assert_thread(impl_->loop());
  impl_->cancel(id);
}

std::size_t Resolver::pending() const noexcept { return impl_->pending(); }

}  // namespace sluice
