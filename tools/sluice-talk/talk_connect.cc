// How a Talk gets its session: it connects, again with --reconnect, or it accepts.
#include <chrono>
#include <utility>

#include "../../reactor/base/text/quote.h"
#include "datagram_session.h"
#include "stream_session.h"
#include "talk.h"

namespace sluice::tools::talk {

void Talk::begin() {
  if (finished_) return;
  session_.reset();  // the lost one
  if (!next_hop().endpoint) return look_up();
  open_session({*next_hop().endpoint});
}

void Talk::look_up() {
  const NamedHost& host = next_hop().host;
  ResolverOptions options;
  options.deadline = options_.timeout;
  resolver_ = std::make_unique<Resolver>(loop_, options);
  resolver_->addresses(
      host.name, host.port, options_.family,
      [this, &host](std::error_code error, const std::vector<Address>& found) {
        if (finished_) return;
        if (!error) {
          try {
            return open_session(host.at(found));
          } catch (const std::exception& failure) {  // an address that cannot be had
            session_.reset();                        // it never began, so it could not end
            return finish(ExitStatus::failed, failure.what());
          }
        }
        const std::string why = "name " + quote(host.name) + ": " + error.message();
        if (options_.reconnect) return begin_again(options_.target.text + ": " + why);
        finish(error == ResolverError::timed_out ? ExitStatus::timed_out : ExitStatus::failed,
               options_.target.text + ": " + why);
      });
}

void Talk::open_session(std::vector<Endpoint> candidates) {
  if (options_.accepts()) return listen(candidates.front());
  session_ = make_session(std::move(candidates));
  session_->start();
}

std::unique_ptr<Session> Talk::make_session(std::vector<Endpoint> candidates) {
  const Target& target = options_.target;
  SessionEvents& events = *this;
  if (options_.over_udp()) {
    DatagramSessionOptions options;
    options.bind = options_.bind;
    options.listen = options_.listen;
    options.broadcast = options_.broadcast;
    options.join = options_.join;
    options.silence = options_.timeout;
    print_.sender = options_.listen || options_.broadcast || options_.bind ||
                    !options_.join.empty() || candidates.front().address().is_multicast();
    return std::make_unique<DatagramSession>(loop_, wire_, target.text, std::move(candidates),
                                             std::move(options), events);
  }
  return make_stream(target.text, std::move(candidates));
}

std::unique_ptr<StreamSession> Talk::make_stream(const std::string& name,
                                                 std::vector<Endpoint> candidates) {
  SessionEvents& events = *this;
  StreamSessionOptions options;
  options.silence = options_.timeout;
  if (options_.bind) options.bind = options_.bind->address();
  options.tls = tls_;
  options.proxy_header = options_.proxy_header;
  options.tunnel = options_.tunnel;
  options.websocket = options_.websocket;
  options.in_blocks = shows_blocks();
  return std::make_unique<StreamSession>(loop_, wire_, name, std::move(candidates), options,
                                         events);
}

// With --reconnect, after a failure to connect or the loss of the connection. A peer that accepts
// and closes at once is left alone for longer each time, as one that does not accept. It may have
// sent why it closes ("too many connections"), so what it sends changes nothing.
void Talk::begin_again(const std::string& why) {
  const bool has_lasted =
      is_connected_ && std::chrono::steady_clock::now() - connected_at_ >= kLasting;
  if (has_lasted) backoff_.reset();
  const std::chrono::milliseconds delay = backoff_.next();
  say(why + "; trying again in " + std::to_string(delay.count()) + " ms");
  is_connected_ = false;
  peer_ended_ = false;
  again_.start(delay);
}

// "tls://127.0.0.1:4433": what is spoken there, and not only over what.
std::string Talk::shown(const std::string& endpoint) const {
  const std::string& text = options_.target.text;
  return text.substr(0, text.find("://")) + endpoint.substr(endpoint.find("://"));
}

void Talk::listen(const Endpoint& endpoint) {
  acceptor_ = std::make_unique<Acceptor>(loop_, endpoint, [this](Fd socket, const Address& peer) {
    on_accepted(std::move(socket), peer);
  });
  if (options_.verbose) say("listening on " + shown(acceptor_->endpoint().to_string()));
  if (options_.timeout.count() > 0) nobody_.start(options_.timeout);
  acceptor_->accept_one();
}

void Talk::on_accepted(Fd socket, const Address& peer) {
  nobody_.stop();
  if (!options_.keep_listening) acceptor_->close();
  session_.reset();  // the last one
  // The peer of a Unix socket has no name, so the socket's own stands for it.
  const Endpoint from = peer.is_ip() ? Endpoint(Scheme::tcp, peer) : acceptor_->endpoint();
  peer_ = shown(from.to_string());
  auto session = make_stream(peer_, {from});
  StreamSession& accepted = *session;
  session_ = std::move(session);  // before its first event
  accepted.adopt(std::move(socket));
}

// With --keep-listening, after the end of a connection.
void Talk::accept_next(const Outcome& outcome) {
  if (!outcome.message.empty()) say(outcome.message);
  wait_.stop();
  interval_.stop();
  if (input_ != nullptr) input_->pause();
  is_connected_ = false;
  peer_ended_ = false;
  if (!options_.send.empty()) {
    texts_sent_ = 0;  // each peer gets them all
    input_ended_ = false;
  }
  acceptor_->accept_one();
}

}  // namespace sluice::tools::talk
