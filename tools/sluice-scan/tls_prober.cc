#include "tls_prober.h"

#include <algorithm>
#include <list>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "../../reactor/base/text/quote.h"
#include "../../reactor/stream/connection.h"
#include "../../reactor/tls/tls_client.h"
#include "../../reactor/tls/tls_transport.h"

namespace sluice::tools::scan {
namespace {

std::string shown(std::string_view text) { return escape(text, TlsFacts::kMaxText); }

TlsFacts facts_of(const TlsTransport& tls) {
  TlsFacts facts;
  facts.version = tls.version();
  facts.cipher = tls.cipher();
  const auto certificate = tls.peer_certificate();
  if (!certificate) return facts;
  facts.subject = shown(certificate->subject);
  for (const std::string& name : certificate->names) {
    if (facts.names.size() == TlsFacts::kMaxNames) break;
    facts.names.push_back(shown(name));
  }
  facts.not_after = certificate->not_after;
  return facts;
}

TlsClientOptions without_verification() {
  TlsClientOptions options;
  options.insecure_no_verify = true;  // the scan shows any certificate
  return options;
}

}  // namespace

struct TlsProber::Impl {
  class Probe;

  Impl(Loop& on, std::chrono::milliseconds limit, std::size_t most)
      : loop(on), patience(limit), sockets(most), client(without_verification()) {}

  void end(Probe& probe);

  Loop& loop;
  std::chrono::milliseconds patience;
  std::size_t sockets;
  TlsClient client;
  std::list<Probe*> probes;  // the connections own them
};

class TlsProber::Impl::Probe final : public Protocol {
 public:
  Probe(Impl& prober, Done done) : prober_(&prober), done_(std::move(done)) {
    prober.probes.push_back(this);
  }
  Probe(const Probe&) = delete;
  Probe& operator=(const Probe&) = delete;
  ~Probe() override {
    if (prober_ != nullptr) prober_->probes.remove(this);
  }

  void set_connection(ConnectionId id) noexcept { id_ = id; }
  // Nobody waits any more.
  Done leave() {
    const Impl& prober = *std::exchange(prober_, nullptr);
    if (Connection* connection = Connection::find(prober.loop, id_)) connection->abort();
    return std::move(done_);
  }

 private:
  void on_open(Connection& connection) override {
    if (const TlsTransport* tls = TlsTransport::of(connection)) facts_ = facts_of(*tls);
    connection.abort();  // so that nothing of ours stays in TIME_WAIT
  }
  std::size_t on_data(Connection& /*connection*/, std::span<const std::byte> in) override {
    return in.size();
  }
  void on_close(Connection& /*connection*/, std::error_code /*reason*/) override {
    if (prober_ == nullptr) return;
    std::exchange(prober_, nullptr)->probes.remove(this);
    done_(facts_);
  }

  Impl* prober_;  // null: it no longer waits
  Done done_;
  ConnectionId id_{};
  std::optional<TlsFacts> facts_;
};

bool TlsProber::is_built_in() noexcept { return true; }

TlsProber::TlsProber(Loop& loop, std::chrono::milliseconds patience, std::size_t sockets)
    : impl_(std::make_unique<Impl>(loop, patience, sockets)) {}

TlsProber::~TlsProber() {
  for (Impl::Probe* const probe : std::exchange(impl_->probes, {})) (void)probe->leave();
}

void TlsProber::add(Fd socket, const std::string& name, const Done& done) {
  // Without a name to send, the address stands for one: it is not sent.
  ConnectionOptions options;
  options.transport = impl_->client.transport(name.empty() ? "0.0.0.0" : name);
  options.open_timeout = impl_->patience;
  auto probe = std::make_unique<Impl::Probe>(*impl_, done);
  Impl::Probe* const waiting = probe.get();
  try {
    waiting->set_connection(
        Connection::adopt(impl_->loop, std::move(socket), std::move(probe), options).id());
  } catch (const std::system_error&) {  // the peer has reset the connection already
    done(std::nullopt);
  }
}

bool TlsProber::full() const noexcept { return waiting() >= impl_->sockets; }
std::size_t TlsProber::waiting() const noexcept { return impl_->probes.size(); }

void TlsProber::finish() {
  std::vector<Done> all;
  for (Impl::Probe* const probe : std::exchange(impl_->probes, {})) all.push_back(probe->leave());
  for (const Done& done : all) done(std::nullopt);
}

}  // namespace sluice::tools::scan
