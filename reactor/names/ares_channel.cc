#include "ares_channel.h"

#include <ares.h>
#include <sys/time.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <new>
#include <stdexcept>
#include <utility>

#include "../loop/loop_internals.h"
#include "ares_values.h"

namespace sluice {

using std::chrono::milliseconds;

struct AresChannel::Question {
  AresChannel* channel;
  std::uint64_t number;
  std::uint16_t port;
  int family;       // of addresses() alone
  Address address;  // of names() alone
};

// One of c-ares's descriptors. Its watcher is bound once and goes before the descriptor is closed:
// the next one may get the same number.
class AresChannel::Socket {
 public:
  Socket(AresChannel& channel, int fd) : channel_(channel), fd_(fd) {
    watcher_.bind<&Socket::on_ready>(this, fd);
  }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  ~Socket() { watcher_.stop(channel_.loop_.native()); }

  void watch(int events) noexcept { watcher_.watch(channel_.loop_.native(), events); }

 private:
  // c-ares may close the descriptor, and this object with it, before process() returns.
  void on_ready(int events) noexcept {
    channel_.process((events & kReadable) != 0 ? fd_ : ARES_SOCKET_BAD,
                     (events & kWritable) != 0 ? fd_ : ARES_SOCKET_BAD);
  }

  AresChannel& channel_;
  int fd_;
  IoWatcher watcher_;
};

namespace {

constexpr int kClassIn = 1;  // RFC 1035
constexpr int kTypePtr = 12;

// The library counts how often it was initialised, without a lock, and is never given back.
void initialise_library() {
  static const int status = ares_library_init(ARES_LIB_INIT_ALL);
  if (status != ARES_SUCCESS) {
    throw std::system_error(ENOMEM, std::generic_category(), "ares_library_init");
  }
}

void check(const ResolverOptions& options) {
  if (options.try_timeout < milliseconds(1)) {
    throw std::invalid_argument("resolver: try_timeout is less than 1 ms");
  }
  if (options.tries < 1) throw std::invalid_argument("resolver: tries is less than 1");
  if (options.deadline < milliseconds(0)) throw std::invalid_argument("resolver: deadline below 0");
  for (const Address& server : options.servers) {
    if (server.is_ip() && server.port() != 0 && server.scope_id() == 0) continue;
    throw std::invalid_argument("resolver: server " + server.to_string() +
                                " is not an IP address with a port and without a zone");
  }
}

std::vector<ares_addr_port_node> nodes_of(const std::vector<Address>& servers) {
  std::vector<ares_addr_port_node> nodes(servers.size());
  for (std::size_t i = 0; i < servers.size(); ++i) {
    ares_addr_port_node& node = nodes[i];
    node.next = i + 1 < nodes.size() ? &nodes[i + 1] : nullptr;
    node.family = servers[i].family();
    node.udp_port = node.tcp_port = servers[i].port();
    const RawAddress number(servers[i]);
    std::memcpy(&node.addr, number.bytes.data(), number.size);
  }
  return nodes;
}

void check_status(int status, const char* call) {
  if (status == ARES_SUCCESS) return;
  const int error = status == ARES_ENOMEM ? ENOMEM : EINVAL;
  throw std::system_error(error, std::generic_category(),
                          std::string(call) + ": " + ares_strerror(status));
}

std::size_t server_count(ares_channel channel) {
  ares_addr_port_node* servers = nullptr;
  check_status(ares_get_servers_ports(channel, &servers), "ares_get_servers_ports");
  std::size_t count = 0;
  for (const ares_addr_port_node* one = servers; one != nullptr; one = one->next) ++count;
  ares_free_data(servers);
  return count;
}

}  // namespace

// Nothing may be thrown through c-ares.
struct AresChannel::Callbacks {
  static void on_addresses(void* argument, int status, int /*timeouts*/,
                           ares_addrinfo* answer) noexcept {
    const std::unique_ptr<Question> question(static_cast<Question*>(argument));
    std::vector<Address> addresses;
    std::error_code error = error_of(status);
    try {
      if (answer != nullptr) addresses = addresses_of(*answer, question->port, question->family);
    } catch (const std::bad_alloc&) {
      error = ResolverError::no_memory;
    }
    ares_freeaddrinfo(answer);
    if (!error && addresses.empty()) error = ResolverError::no_address;
    --question->channel->asked_;
    Owner* const owner = question->channel->owner_;
    if (owner != nullptr) owner->on_addresses(question->number, error, std::move(addresses));
  }

  // What /etc/hosts knows, or nothing.
  static void on_names_of_file(void* argument, int status, int /*timeouts*/,
                               hostent* answer) noexcept {
    if (status == ARES_SUCCESS && answer != nullptr) {
      (void)take_names(*static_cast<std::vector<std::string>*>(argument), *answer);
    }
  }

  static void on_names(void* argument, int status, int /*timeouts*/, unsigned char* message,
                       int size) noexcept {
    const std::unique_ptr<Question> question(static_cast<Question*>(argument));
    std::vector<std::string> names;
    std::error_code error = error_of(status);
    if (!error) {
      const RawAddress raw(question->address);
      hostent* answer = nullptr;
      error =
          error_of(ares_parse_ptr_reply(message, size, raw.bytes.data(), static_cast<int>(raw.size),
                                        question->address.family(), &answer));
      if (!error && !take_names(names, *answer)) error = ResolverError::no_memory;
      if (answer != nullptr) ares_free_hostent(answer);
    }
    // To the asker an address whose name has no PTR record is one without a name.
    if (error == ResolverError::no_address || (!error && names.empty())) {
      error = ResolverError::not_found;
    }
    --question->channel->asked_;
    Owner* const owner = question->channel->owner_;
    if (owner != nullptr) owner->on_names(question->number, error, std::move(names));
  }

  static bool take_names(std::vector<std::string>& into, const hostent& answer) noexcept {
    try {
      into = names_of(answer);
      return true;
    } catch (const std::bad_alloc&) {
      return false;
    }
  }

  static void on_socket(void* argument, ares_socket_t fd, int readable, int writable) noexcept {
    const int events = (readable != 0 ? kReadable : 0) | (writable != 0 ? kWritable : 0);
    static_cast<AresChannel*>(argument)->watch(fd, events);
  }
};

AresChannel::AresChannel(Loop& loop, const ResolverOptions& options, Owner& owner)
    : loop_(loop),
      owner_(&owner),
      timer_(loop, [this] { process(ARES_SOCKET_BAD, ARES_SOCKET_BAD); }) {
  check(options);
  initialise_library();
  try {
    open(options, 0);
    // c-ares asks the next server when one fails, and forgets how it failed; with one server alone
    // there is no next, and the failure is worth more.
    if (server_count(channel_) == 1) open(options, ARES_FLAG_NOCHECKRESP);
    open_files();
  } catch (...) {
    close();
    throw;
  }
}

// Asked for the names of an address, c-ares tells every failure of a server as "not found". So the
// file is asked alone, and then the server by its own kind of question.
void AresChannel::open_files() {
  char file[] = "f";
  ares_options settings{};
  settings.lookups = file;
  check_status(ares_init_options(&files_, &settings, ARES_OPT_LOOKUPS), "ares_init_options");
}

void AresChannel::close() noexcept {
  if (files_ != nullptr) ares_destroy(std::exchange(files_, nullptr));
  if (channel_ != nullptr) ares_destroy(std::exchange(channel_, nullptr));
}

void AresChannel::open(const ResolverOptions& options, int flags) {
  if (channel_ != nullptr) ares_destroy(std::exchange(channel_, nullptr));
  ares_options settings{};
  settings.flags = flags;
  // c-ares doubles the one from try to try, in an int: the maxima keep it from wrapping around.
  settings.timeout =
      static_cast<int>(std::min(options.try_timeout, ResolverOptions::kMaxTryTimeout).count());
  settings.tries = static_cast<int>(std::min(options.tries, ResolverOptions::kMaxTries));
  settings.sock_state_cb = &Callbacks::on_socket;
  settings.sock_state_cb_data = this;
  constexpr int kGiven =
      ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_SOCK_STATE_CB;
  check_status(ares_init_options(&channel_, &settings, kGiven), "ares_init_options");
  use_own_calls(channel_, budget_);
  if (options.servers.empty()) return;
  std::vector<ares_addr_port_node> nodes = nodes_of(options.servers);
  check_status(ares_set_servers_ports(channel_, nodes.data()), "ares_set_servers_ports");
}

AresChannel::~AresChannel() {
  // Look-ups that have half of their answer would hand it on.
  owner_ = nullptr;
  close();
}

void AresChannel::ask_addresses(std::uint64_t number, const std::string& host, std::uint16_t port,
                                int family) {
  ares_addrinfo_hints hints{};
  hints.ai_family = family;
  auto question = std::make_unique<Question>(Question{this, number, port, family, {}});
  ++asked_;
  ares_getaddrinfo(channel_, host.c_str(), nullptr, &hints, &Callbacks::on_addresses,
                   question.release());
  arm();
}

void AresChannel::ask_names(std::uint64_t number, const Address& address) {
  auto question =
      std::make_unique<Question>(Question{this, number, 0, AF_UNSPEC, address.unmapped()});
  const RawAddress raw(question->address);
  std::vector<std::string> names;
  ares_gethostbyaddr(files_, raw.bytes.data(), static_cast<int>(raw.size),
                     question->address.family(), &Callbacks::on_names_of_file, &names);
  if (!names.empty()) return owner_->on_names(number, {}, std::move(names));
  const std::string name = reverse_name(question->address);
  ++asked_;
  ares_query(channel_, name.c_str(), kClassIn, kTypePtr, &Callbacks::on_names, question.release());
  arm();
}

std::vector<Address> AresChannel::addresses_in_file(const std::string& host, std::uint16_t port,
                                                    int family) {
  std::vector<Address> all;
  for (const int each : {AF_INET6, AF_INET}) {
    if (family != each && family != AF_UNSPEC) continue;
    hostent* answer = nullptr;
    const int status = ares_gethostbyname_file(files_, host.c_str(), each, &answer);
    if (status == ARES_ENOMEM) throw std::bad_alloc();
    if (status != ARES_SUCCESS) continue;
    const std::unique_ptr<hostent, decltype(&ares_free_hostent)> owned(answer, &ares_free_hostent);
    const std::vector<Address> found = addresses_of(*answer, port);
    all.insert(all.end(), found.begin(), found.end());
  }
  return all;
}

void AresChannel::abandon() noexcept {
  Owner* const owner = std::exchange(owner_, nullptr);
  ares_cancel(channel_);
  owner_ = owner;
  arm();
}

void AresChannel::watch(int fd, int events) noexcept {
  try {
    const auto found = sockets_.find(fd);
    if (events == 0) {
      if (found != sockets_.end()) sockets_.erase(found);
    } else if (found != sockets_.end()) {
      found->second->watch(events);
    } else {
      sockets_.emplace(fd, std::make_unique<Socket>(*this, fd)).first->second->watch(events);
    }
  } catch (const std::bad_alloc&) {
    // Unwatched, its answers are not seen; the questions are asked again when their time is up.
    return;
  }
}

void AresChannel::process(int readable, int writable) noexcept {
  budget_ = {};
  ares_process_fd(channel_, readable, writable);
  arm();
}

void AresChannel::arm() noexcept {
  timeval left{};
  if (ares_timeout(channel_, nullptr, &left) == nullptr) return timer_.stop();
  const auto after = std::chrono::seconds(left.tv_sec) + std::chrono::microseconds(left.tv_usec);
  // Not at once: c-ares counts in whole milliseconds, and would find nothing due until this one has
  // passed.
  const auto rounded = std::max(milliseconds(1), std::chrono::ceil<milliseconds>(after));
  LoopInternals::guarded(loop_, "resolver", [this, rounded] { timer_.start(rounded); });
}

}  // namespace sluice
