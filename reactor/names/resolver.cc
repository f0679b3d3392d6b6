#include "resolver.h"

#include <algorithm>
#include <cassert>
#include <list>
#include <new>
#include <unordered_map>
#include <utility>

#include "../base/text/host_name.h"
#include "../loop/loop_component.h"
#include "../loop/loop_internals.h"
#include "../loop/timer.h"
#include "ares_settings.h"
#include "dns_questions.h"
#include "hosts_reader.h"
#include "look_up.h"
#include "turn_share.h"

namespace sluice {
namespace {

using std::chrono::milliseconds;
using State = LookUp::State;

}  // namespace

// Lookups move from list to list by splicing, which allocates nothing, so that delivering an answer
// cannot fail. Each list is in the order of the calls, and so in the order of the deadlines.
class Resolver::Impl final : public LoopComponent {
 public:
  Impl(Loop& loop, const ResolverOptions& options)
      : LoopComponent(loop, Phase::callbacks),
        deadline_(options.deadline),
        settings_(options),
        timer_(loop, [this] { on_deadline(); }),
        questions_(*this, settings_) {}
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
  void give_up(LookUp& look_up) noexcept;
  void deliver() noexcept;
  bool call_back_all();
  bool call_back_one();
  void ask_waiting() noexcept;
  void go_on(List::iterator look_up) noexcept;
  void ask_servers(LookUp& look_up, const std::string& name);
  void on_deadline();
  void rest() noexcept;

  milliseconds deadline_;
  AresSettings settings_;
  HostsReader hosts_;
  std::uint64_t last_number_ = 0;
  List waiting_;
  List asked_;
  List answered_;
  std::unordered_map<std::uint64_t, List::iterator> index_;
  TurnShare share_;
  bool* destroyed_ = nullptr;  // set while a function runs
  Timer timer_;
  DnsQuestions questions_;
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
    look_up.is_localhost = is_localhost(host);
    look_up.host = look_up.is_localhost ? "localhost" : host;
  }
  return add(one);
}

LookupId Resolver::Impl::names(const Address& address, NamesFound found) {
  assert(address.is_ip());
  assert(found);
  List one(1);
  one.front().address = RawAddress(address.unmapped());
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
  give_up(*look_up);
  look_up->error = error;
  answered_.splice(answered_.end(), list_of(look_up->state), look_up);
  look_up->state = State::answered;
  request_end_of_turn();
}

void Resolver::Impl::give_up(LookUp& look_up) noexcept {
  if (std::exchange(look_up.awaited, 0) > 0) questions_.forget(look_up.number);
}

void Resolver::Impl::cancel(LookupId id) noexcept {
  const auto found = index_.find(id.number);
  if (found == index_.end()) return;
  List one;
  one.splice(one.end(), list_of(found->second->state), found->second);
  index_.erase(found);
  give_up(one.front());
  rest();
  if (!waiting_.empty()) request_end_of_turn();  // there may be room for one more
  // `one` is destroyed last: the objects that its function holds may own this resolver.
}

void Resolver::Impl::end_of_turn() {
  if (share_.begin(LoopInternals::counters(loop()).turns)) {
    deliver();
    if (!call_back_all()) return;
    ask_waiting();
    share_.end();
  }
  if (!answered_.empty()) request_end_of_turn();
  if (!waiting_.empty() && asked_.size() < kMaxAsked) request_end_of_turn();
  rest();
}

void Resolver::Impl::deliver() noexcept {
  questions_.deliver([this](DnsQuestions::Asker number, const DnsAnswer& answer) {
    const auto found = index_.find(number);
    if (found == index_.end()) return;
    found->second->take(answer);
    if (found->second->awaited == 0) go_on(found->second);
  });
}

// Returns false if a function destroyed this object.
bool Resolver::Impl::call_back_all() {
  // A lookup that a function starts is answered at the next end of a turn.
  for (std::size_t left = answered_.size(); left > 0 && !answered_.empty(); --left) {
    if (!call_back_one()) return false;
    if (!share_.is_left()) break;
  }
  return true;
}

bool Resolver::Impl::call_back_one() {
  bool destroyed = false;
  {
    List one;
    one.splice(one.end(), answered_, answered_.begin());
    index_.erase(one.front().number);
    one.front().conclude();
    destroyed_ = &destroyed;
    LoopInternals::guarded(loop(), "resolver", [&one] { one.front().call_back(); });
  }
  if (!destroyed) destroyed_ = nullptr;
  return !destroyed;
}

void Resolver::Impl::ask_waiting() noexcept {
  if (waiting_.empty()) return;
  try {
    while (!hosts_.refresh()) {
      if (!share_.is_left()) return;
    }
  } catch (const std::bad_alloc&) {
    while (!waiting_.empty()) answer(waiting_.begin(), ResolverError::no_memory);
    return;
  }
  while (!waiting_.empty() && asked_.size() < kMaxAsked && share_.is_left()) {
    const auto look_up = waiting_.begin();
    asked_.splice(asked_.end(), waiting_, look_up);
    look_up->state = State::asked;
    try {
      look_up->plan(settings_.search());
    } catch (const std::bad_alloc&) {
      answer(look_up, ResolverError::no_memory);
      continue;
    }
    go_on(look_up);
  }
}

// Takes steps until one has to wait for a server, or none is left.
void Resolver::Impl::go_on(List::iterator look_up) noexcept {
  std::error_code failure;
  try {
    while (look_up->goes_on()) {
      const SearchStep step = std::move(look_up->steps.back());
      look_up->steps.pop_back();
      if (!step.is_file) return ask_servers(*look_up, step.name);
      look_up->look_into(hosts_.file(), step.name);
    }
    failure = look_up->error;
  } catch (const std::bad_alloc&) {
    failure = ResolverError::no_memory;
  } catch (const std::system_error&) {
    failure = ResolverError::no_server;  // without random numbers no question can be sent
  }
  answer(look_up, failure);
}

void Resolver::Impl::ask_servers(LookUp& look_up, const std::string& name) {
  for (const DnsType type : look_up.types()) {
    questions_.ask(name, type, look_up.number);
    ++look_up.awaited;
  }
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

// While no lookup is pending, the resolver keeps neither channels nor a timer.
void Resolver::Impl::rest() noexcept {
  if (asked_.empty() && waiting_.empty()) {
    questions_.rest();
    return timer_.stop();
  }
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
