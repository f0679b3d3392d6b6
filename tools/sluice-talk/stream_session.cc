#include "stream_session.h"

#include <utility>

#include "../../protocols/framed/framed.h"
#include "../../protocols/proxy/proxy_transport.h"
#include "websocket_link.h"

namespace sluice::tools::talk {
namespace {

// What the peer goes on sending after all is said; who waits longer waits at a shell prompt.
constexpr std::chrono::milliseconds kLinger{500};

ConnectorOptions connector_options(const StreamSessionOptions& options) {
  ConnectorOptions made;
  made.from.address = options.bind;
  made.timeout = options.silence;
  return made;
}

}  // namespace

// The connection owns its handler, which may outlive the session by the time that the loop takes to
// go.
struct StreamSession::Link {
  StreamSession* session;

  void opened(Connection& connection) const {
    if (session != nullptr) session->on_open(connection);
  }
  void ended() const {
    if (session != nullptr) session->on_end();
  }
  void room() const {
    if (session != nullptr) session->events_.on_room();
  }
  void closed(std::error_code reason) const {
    if (session != nullptr) session->on_closed(reason);
  }
};

class StreamSession::Framed final : public FramedProtocol, public Link {
 public:
  explicit Framed(StreamSession& of) : FramedProtocol(of.wire_.framing()), Link{&of} {}

 private:
  void on_open(Connection& connection) override { opened(connection); }
  void on_message(Connection& /*connection*/, Bytes message) override {
    if (session != nullptr) session->show(message);
  }
  void on_framing_error(Connection& connection, const CodecError& error) override {
    if (session != nullptr) session->on_frame_error(connection, error);
  }
  void on_end(Connection& /*connection*/) override { ended(); }
  void on_writable(Connection& /*connection*/) override { room(); }
  void on_close(Connection& /*connection*/, std::error_code reason) override { closed(reason); }
};

class StreamSession::Raw final : public Protocol, public Link {
 public:
  explicit Raw(StreamSession& of) : Link{&of} {}

 private:
  void on_open(Connection& connection) override { opened(connection); }
  std::size_t on_data(Connection& /*connection*/, std::span<const std::byte> in) override {
    if (session != nullptr) session->show(in);
    return in.size();
  }
  void on_eof(Connection& /*connection*/) override { ended(); }
  void on_writable(Connection& /*connection*/) override { room(); }
  void on_close(Connection& /*connection*/, std::error_code reason) override { closed(reason); }
};

// Lines, many at once.
class StreamSession::Blocks final : public Protocol, public Link {
 public:
  explicit Blocks(StreamSession& of) : Link{&of}, blocks_(of.wire_.framing().limit()) {}

 private:
  void on_open(Connection& connection) override { opened(connection); }
  std::size_t on_data(Connection& connection, std::span<const std::byte> in) override {
    const LineBlocks::Block block =
        blocks_.next({reinterpret_cast<const char*>(in.data()), in.size()});
    if (session == nullptr) return in.size();
    if (block.error) {
      session->on_frame_error(connection, block.error);
      return in.size();
    }
    if (block.consumed > 0) session->events_.on_lines(block.lines);
    return block.consumed;
  }
  void on_eof(Connection& connection) override {
    if (session == nullptr) return;
    const std::span<const std::byte> last = connection.unconsumed();
    if (!last.empty()) session->show(last);
    ended();
  }
  void on_writable(Connection& /*connection*/) override { room(); }
  void on_close(Connection& /*connection*/, std::error_code reason) override { closed(reason); }

  LineBlocks blocks_;
};

class StreamSession::WebSocket final : public WebSocketClientProtocol, public Link {
 public:
  WebSocket(StreamSession& of, const WebSocketClientOptions& options)
      : WebSocketClientProtocol(options), Link{&of} {}

 private:
  void on_established(Connection& connection) override { opened(connection); }
  void on_message(Connection& /*connection*/, WebSocketKind /*kind*/, Bytes message) override {
    if (session != nullptr) session->show(message);
  }
  void on_writable(Connection& /*connection*/) override { room(); }
  void on_closed(Connection& /*connection*/, const WebSocketEnd& end) override {
    if (session != nullptr) session->on_websocket_closed(end);
  }
};

StreamSession::StreamSession(Loop& loop, Wire& wire, std::string name,
                             std::vector<Endpoint> candidates, const StreamSessionOptions& options,
                             SessionEvents& events)
    : loop_(loop),
      wire_(wire),
      name_(std::move(name)),
      candidates_(std::move(candidates)),
      options_(options),
      events_(events),
      peer_(candidates_.front().address().to_string()),
      connector_(loop, connector_options(options)),
      unconnected_(loop, [this] { events_.on_closed({}); }) {}

StreamSession::~StreamSession() {
  if (link_ != nullptr) link_->session = nullptr;
}

void StreamSession::start() {
  std::vector<Address> addresses;
  for (const Endpoint& candidate : candidates_) addresses.push_back(candidate.address());
  connector_.start_socket(
      std::move(addresses), [this](Fd socket) { on_connected(std::move(socket)); },
      [this](const ConnectError& error) { on_failed(error); });
}

void StreamSession::on_connected(Fd socket) {
  ConnectionOptions options;
  options.idle_timeout = options_.silence;
  // A person may stop a peer for as long as they like; whoever does not uses --timeout.
  options.write_timeout = std::chrono::milliseconds(0);
  options.linger_timeout = kLinger;
  options.keep_reading = true;
  options.queue_limit = options.high_water + 2 * Wire::kMaxMessage;
  if (wire_.framed()) options.input_limit = wire_.framing().input_limit();
  options.open_timeout = options_.silence;
  if (options_.tls) options.transport = options_.tls->transport();
  if (options_.proxy_header) {
    options.transport = write_proxy_header(*options_.proxy_header, std::move(options.transport));
  }
  if (options_.tunnel) {
    options.transport = tunnel_transport(*options_.tunnel, std::move(options.transport));
  }
  const auto adopt = [&](auto handler) {
    Link* link = handler.get();  // gone when this throws
    connection_ = &Connection::adopt(loop_, std::move(socket), std::move(handler), options);
    link_ = link;
  };
  if (options_.websocket) {
    const WebSocketClientOptions settings =
        websocket_options(*options_.websocket, options_.silence);
    WebSocket::prepare(options, settings);
    auto owned = std::make_unique<WebSocket>(*this, settings);
    WebSocket* const handler = owned.get();
    adopt(std::move(owned));
    websocket_ = handler;
  } else if (options_.in_blocks) {
    adopt(std::make_unique<Blocks>(*this));
  } else if (wire_.framed()) {
    adopt(std::make_unique<Framed>(*this));
  } else {
    adopt(std::make_unique<Raw>(*this));
  }
}

// At once on a plain socket; with TLS or as a WebSocket, when the handshake is done.
void StreamSession::on_open(Connection& connection) {
  connection_ = &connection;
  // A Unix socket's is the one that there was to try.
  if (options_.tunnel) {
    peer_ = options_.tunnel->destination();
  } else if (connection.peer().is_ip()) {
    peer_ = connection.peer().to_string();
  }
  const Address local = connection.local();
  std::string agreed = options_.tls ? TlsLink::describe(connection) : "";
  if (websocket_ != nullptr) {
    const std::string more = agreed_on(*websocket_);
    agreed += (agreed.empty() || more.empty() ? "" : ", ") + more;
  }
  events_.on_ready(local.is_ip() ? local.to_string() : "", agreed);
}

std::string StreamSession::send(std::string_view message) {
  if (connection_ == nullptr) return {};
  encoded_.clear();
  std::string why = wire_.encode(message, encoded_);
  if (!why.empty()) return why;
  if (websocket_ != nullptr) {
    websocket_->send_message(WebSocketKind::text, encoded_);
  } else {
    connection_->send(encoded_);
  }
  return why;
}

void StreamSession::send_lines(std::string_view lines) {
  if (connection_ != nullptr) connection_->send(lines);
}

bool StreamSession::full() const {
  return connection_ != nullptr && connection_->queued() > connection_->options().high_water;
}

void StreamSession::half_close() {
  if (connection_ == nullptr) return;
  if (websocket_ != nullptr) return websocket_->close();
  connection_->shutdown();
}

void StreamSession::pause() {
  if (connection_ != nullptr && !std::exchange(paused_, true)) connection_->pause();
}

void StreamSession::resume() {
  if (connection_ != nullptr && std::exchange(paused_, false)) connection_->resume();
}

void StreamSession::close() {
  if (connection_ != nullptr) {
    all_sent_ = connection_->queued() == 0;
    closing_ = true;
    if (websocket_ != nullptr) websocket_->close();
    return connection_->close();
  }
  connector_.cancel();
  unconnected_.start(std::chrono::milliseconds(0));
}

void StreamSession::on_frame_error(Connection& connection, const CodecError& error) {
  if (error.fault == CodecFault::ends_early && wire_.lines()) {
    // A last line without its end is for the reader to judge, as in a file.
    return show(connection.unconsumed().last(error.found));
  }
  fault_ = "at byte " + std::to_string(error.offset) + " of the stream from the peer: framing " +
           wire_.framing().codec().name() + ": " + error.message();
  connection.close();
}

void StreamSession::on_end() {
  if (fault_.empty()) events_.on_end();
}

void StreamSession::on_websocket_closed(const WebSocketEnd& end) {
  if (closing_) return on_closed(end.error);
  if (is_orderly(end)) {
    events_.on_end();
    return on_closed({});
  }
  fault_ = fault_of(end);
  on_closed(end.error);
}

void StreamSession::on_closed(std::error_code reason) {
  const Connection& connection = *std::exchange(connection_, nullptr);
  link_ = nullptr;
  websocket_ = nullptr;
  events_.on_closed(outcome_of(reason, connection));
}

}  // namespace sluice::tools::talk
