#include "proxy_transport.h"

#include <cassert>
#include <cerrno>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include "../../reactor/base/compact_address.h"

namespace sluice {
namespace {

// A header, and after it the wire or an inner transport.
class ProxyTransport : public Transport {
 public:
  explicit ProxyTransport(Wire wire) noexcept : wire_(wire) {}

  IoResult open() final {
    if (!has_passed_) {
      const IoResult result = pass_header();
      if (!result.is_done()) return result;
      has_passed_ = true;
    }
    return inner_ != nullptr ? inner_->open() : IoResult::done();
  }
  IoResult read(std::span<std::byte> into) final {
    return inner_ != nullptr ? inner_->read(into) : wire_.read(into);
  }
  IoResult write(std::span<const iovec> parts) final {
    return inner_ != nullptr ? inner_->write(parts) : wire_.write(parts);
  }
  IoResult shutdown_write() final {
    return inner_ != nullptr ? inner_->shutdown_write() : wire_.shutdown_write();
  }
  [[nodiscard]] bool pending() const noexcept final {
    return inner_ != nullptr && inner_->pending();
  }
  [[nodiscard]] Transport* inner() const noexcept final { return inner_.get(); }

 protected:
  [[nodiscard]] const Wire& wire() const noexcept { return wire_; }
  // Reads or writes the header; done when that is complete. Called again as open() is.
  virtual IoResult pass_header() = 0;
  // False if the factory refuses the connection.
  [[nodiscard]] bool make_inner(const TransportFactory& factory, const Address& peer) {
    if (!factory) return true;
    inner_ = factory(wire_, peer);
    return inner_ != nullptr;
  }

 private:
  Wire wire_;
  std::unique_ptr<Transport> inner_;
  bool has_passed_ = false;
};

class ProxyReader final : public ProxyTransport {
 public:
  ProxyReader(Wire wire, const Address& proxy, ProxyGate& gate, const TransportFactory& inner)
      : ProxyTransport(wire), client_(proxy), gate_(gate), factory_(inner) {}
  ~ProxyReader() override {
    if (is_admitted_) gate_.leave(client_.expand());
  }

  [[nodiscard]] std::optional<Address> peer() const override { return client_.expand(); }

 private:
  // Reads exactly the header, so that what follows stays in the socket for the inner transport and
  // for the connection's events.
  IoResult pass_header() override {
    for (;;) {
      const ProxyParse parse = parse_proxy_header(std::as_bytes(std::span(head_)));
      switch (parse.status) {
        case ProxyParse::Status::reject:
          gate_.on_rejected(client_.expand(), parse.why);
          return IoResult::failed(EPROTO);
        case ProxyParse::Status::done:
          return accept(parse.header);
        case ProxyParse::Status::more:
          break;
      }
      const std::size_t size = head_.size();
      assert(size + parse.wanted <= kMaxProxyHeader);
      head_.resize(size + parse.wanted);
      const IoResult result = wire().read(std::as_writable_bytes(std::span(head_).subspan(size)));
      head_.resize(size + (result.is_done() ? result.bytes : 0));
      if (!result.is_done()) return result;
    }
  }

  IoResult accept(const ProxyHeader& header) {
    if (header.source) client_ = CompactAddress(*header.source);
    head_ = std::string();  // a connection may live long
    const Address client = client_.expand();
    if (!gate_.admit(client)) return IoResult::failed(EACCES);
    is_admitted_ = true;
    return make_inner(factory_, client) ? IoResult::done() : IoResult::failed(ECANCELED);
  }

  CompactAddress client_;  // the proxy's, until the header says more
  ProxyGate& gate_;
  const TransportFactory& factory_;
  std::string head_;
  bool is_admitted_ = false;
};

class ProxyWriter final : public ProxyTransport {
 public:
  ProxyWriter(Wire wire, const Address& peer, std::string header, const TransportFactory& inner)
      : ProxyTransport(wire), peer_(peer), factory_(inner), left_(std::move(header)) {}

 private:
  IoResult pass_header() override {
    while (!left_.empty()) {
      const IoResult result = wire().write(std::as_bytes(std::span(left_)));
      if (!result.is_done()) return result;
      left_.erase(0, result.bytes);
    }
    return make_inner(factory_, peer_) ? IoResult::done() : IoResult::failed(ECANCELED);
  }

  const Address peer_;
  const TransportFactory& factory_;
  std::string left_;
};

}  // namespace

ProxyGate::~ProxyGate() = default;

TransportFactory read_proxy_headers(ProxyGate& gate, TransportFactory inner) {
  // The factory outlives its transports: it is an option of their connections.
  return [&gate, inner = std::move(inner)](Wire wire, const Address& peer) {
    return std::make_unique<ProxyReader>(wire, peer, gate, inner);
  };
}

TransportFactory write_proxy_header(ProxyVersion version, TransportFactory inner) {
  return [version, inner = std::move(inner)](Wire wire, const Address& peer) {
    return std::make_unique<ProxyWriter>(
        wire, peer, make_proxy_header(version, Address::local_of(wire.fd()), peer), inner);
  };
}

TransportFactory write_proxy_header(ProxyVersion version, const Address& source,
                                    const Address& destination, TransportFactory inner) {
  return [header = make_proxy_header(version, source, destination), inner = std::move(inner)](
             Wire wire, const Address& peer) {
    return std::make_unique<ProxyWriter>(wire, peer, header, inner);
  };
}

}  // namespace sluice
