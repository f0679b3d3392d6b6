#include "ares_settings.h"

#include <ares.h>

#include <algorithm>
#include <cstring>
#include <new>
#include <stdexcept>
#include <string>
#include <system_error>

#include "raw_address.h"

namespace sluice {

using std::chrono::milliseconds;

namespace {

constexpr std::uint16_t kDnsPort = 53;  // c-ares writes 0 for it

// c-ares counts its initialisations without a lock, so we initialise it once and never clean up.
void initialise_library() {
  static const int status = ares_library_init(ARES_LIB_INIT_ALL);
  if (status != ARES_SUCCESS) {
    throw std::system_error(ENOMEM, std::generic_category(), "ares_library_init");
  }
}

void check(const ResolverOptions& options) {
  if (options.try_timeout < milliseconds(1)) {
    throw std::invalid_argument("resolver: try_timeout is " +
                                std::to_string(options.try_timeout.count()) +
                                " ms; the minimum is 1 ms");
  }
  if (options.tries < 1) throw std::invalid_argument("resolver: tries is 0; the minimum is 1");
  if (options.deadline < milliseconds(0)) {
    throw std::invalid_argument("resolver: deadline is " +
                                std::to_string(options.deadline.count()) +
                                " ms; the minimum is 0, for none");
  }
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
    std::memcpy(&node.addr, number.bytes().data(), number.bytes().size());
  }
  return nodes;
}

void check_status(int status, const char* call) {
  if (status == ARES_SUCCESS) return;
  const int error = status == ARES_ENOMEM ? ENOMEM : EINVAL;
  throw std::system_error(error, std::generic_category(),
                          std::string(call) + ": " + ares_strerror(status));
}

struct DestroyChannel {
  void operator()(ares_channeldata* channel) const noexcept { ares_destroy(channel); }
};
using OwnedChannel = std::unique_ptr<ares_channeldata, DestroyChannel>;

std::vector<ares_addr_port_node> copy_of(const ares_addr_port_node* servers) {
  std::vector<ares_addr_port_node> nodes;
  for (; servers != nullptr; servers = servers->next) nodes.push_back(*servers);
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    nodes[i].next = i + 1 < nodes.size() ? &nodes[i + 1] : nullptr;
  }
  return nodes;
}

std::vector<ares_addr_port_node> servers_of(ares_channeldata* channel) {
  ares_addr_port_node* servers = nullptr;
  check_status(ares_get_servers_ports(channel, &servers), "ares_get_servers_ports");
  const std::unique_ptr<ares_addr_port_node, decltype(&ares_free_data)> owned(servers,
                                                                              &ares_free_data);
  return copy_of(servers);
}

}  // namespace

struct AresSettings::Saved {
  Saved() = default;
  Saved(const Saved&) = delete;
  Saved& operator=(const Saved&) = delete;
  ~Saved() { ares_destroy_options(&options); }

  ares_options options{};
  int mask = 0;
  std::vector<ares_addr_port_node> servers;
  bool over_tcp = false;
};

AresSettings::AresSettings(const ResolverOptions& options)
    : try_timeout_(std::min(options.try_timeout, ResolverOptions::kMaxTryTimeout)),
      saved_(std::make_unique<Saved>()) {
  check(options);
  initialise_library();
  ares_options given{};
  // c-ares doubles the timeout with each try, in an int. The maxima prevent an overflow.
  given.timeout = static_cast<int>(try_timeout_.count());
  given.tries = static_cast<int>(std::min(options.tries, ResolverOptions::kMaxTries));
  ares_channel channel = nullptr;
  check_status(ares_init_options(&channel, &given, ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES),
               "ares_init_options");
  const OwnedChannel first(channel);
  check_status(ares_save_options(channel, &saved_->options, &saved_->mask), "ares_save_options");
  saved_->servers = options.servers.empty() ? servers_of(channel) : nodes_of(options.servers);

  saved_->over_tcp = options.over_tcp;
  const ares_options& host = saved_->options;
  search_.sources = host.lookups != nullptr ? host.lookups : "fb";
  search_.domains.assign(host.domains, host.domains + host.ndomains);
  search_.ndots = static_cast<std::size_t>(std::max(host.ndots, 0));
}

AresSettings::~AresSettings() = default;

std::vector<Address> AresSettings::servers() const {
  std::vector<Address> all;
  for (const ares_addr_port_node& node : saved_->servers) {
    const auto* const bytes = reinterpret_cast<const unsigned char*>(&node.addr);
    const std::size_t size = node.family == AF_INET ? sizeof(in_addr) : sizeof(in6_addr);
    const int port = node.udp_port != 0 ? node.udp_port : kDnsPort;
    all.push_back(RawAddress({bytes, size}).with_port(static_cast<std::uint16_t>(port)));
  }
  return all;
}

std::size_t AresSettings::count_of_servers() const noexcept { return saved_->servers.size(); }

ares_channeldata* AresSettings::open(OnSocket on_socket, void* argument) const {
  // All options are set, so that c-ares reads no file. The resolver itself reads the hosts file,
  // applies the search domains and sorts. c-ares requires a server here; the call below replaces
  // it.
  ares_options options = saved_->options;
  char servers_alone[] = "b";
  in_addr any{};
  options.lookups = servers_alone;
  options.servers = &any;
  options.nservers = 1;
  options.nsort = 0;
  options.sock_state_cb = on_socket;
  options.sock_state_cb_data = argument;
  // When a server fails, c-ares asks the next one and loses the first one's error. With one server
  // there is no next one, so c-ares passes its answer on unchecked and we see the error.
  options.flags = ARES_FLAG_NOALIASES | ARES_FLAG_NOSEARCH;
  if (saved_->servers.size() == 1) options.flags |= ARES_FLAG_NOCHECKRESP;
  if (saved_->over_tcp) options.flags |= ARES_FLAG_USEVC;
  ares_channel channel = nullptr;
  if (ares_init_options(&channel, &options, saved_->mask | ARES_OPT_FLAGS) != ARES_SUCCESS) {
    throw std::bad_alloc();
  }
  OwnedChannel owned(channel);
  if (ares_set_servers_ports(channel, saved_->servers.data()) != ARES_SUCCESS) {
    throw std::bad_alloc();
  }
  return owned.release();
}

}  // namespace sluice
