#include "talk.h"

#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <utility>

#include "../../reactor/base/text/quote.h"
#include "../common/signal_setup.h"
#include "datagram_session.h"
#include "stream_session.h"

namespace sluice::tools::talk {

Talk::Talk(const TalkOptions& options)
    : options_(options),
      wire_(options.wire),
      loop_(options.loop),
      output_(
          loop_, STDOUT_FILENO, [this] { on_drained(); },
          [this](std::error_code error) {
            finish(ExitStatus::failed, "standard output: " + error.message());
          }),
      wait_(loop_,
            [this] {
              const std::string within = " within " + std::to_string(options_.wait->count()) +
                                         " ms after the end of the input";
              if (options_.expect) {
                return finish(ExitStatus::timed_out,
                              options_.target.text + ": " + count_of_messages() + within);
              }
              if (!options_.websocket || options_.keep_open) return finish(ExitStatus::success);
              session_->half_close();
            }),
      interval_(loop_, [this] { on_room(); }),
      again_(loop_, [this] { begin(); }),
      backoff_({.first = kFirstDelay, .cap = kMaxDelay, .jitter = Jitter::decorrelated}) {
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    if (is_ignored(signal)) continue;
    signals_.push_back(
        std::make_unique<Signal>(loop_, signal, [this, signal] { on_signal(signal); }));
  }
  loop_.set_reporter([this](const Report& report) {
    // Only what must not happen: a function of ours threw.
    if (report.kind == Report::Kind::handler_threw) finish(ExitStatus::failed, report.what);
  });
  print_.format = options.format;
  print_.terminal = ::isatty(STDOUT_FILENO) == 1;
  print_.framed = wire_.has_messages();
}

// The loop may report once more when it is destroyed, after the members that finish() uses.
Talk::~Talk() { loop_.set_reporter({}); }

void Talk::look_up() {
  const NamedHost& host = next_hop().host;
  ResolverOptions options;
  options.deadline = options_.timeout;
  resolver_ = std::make_unique<Resolver>(loop_, options);
  resolver_->addresses(
      host.name, host.port, options_.family,
      [this, &host](std::error_code error, const std::vector<Address>& found) {
        if (finished_) return;
        if (!error) return open_session(host.at(found));
        const std::string why = "name " + quote(host.name) + ": " + error.message();
        if (options_.reconnect) return begin_again(options_.target.text + ": " + why);
        finish(error == ResolverError::timed_out ? ExitStatus::timed_out : ExitStatus::failed,
               options_.target.text + ": " + why);
      });
}

void Talk::open_session(std::vector<Endpoint> candidates) {
  try {
    session_ = make_session(std::move(candidates));
    session_->start();
  } catch (const std::exception& error) {  // what an address says that cannot be had
    finish(ExitStatus::failed, error.what());
  }
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
  StreamSessionOptions options;
  options.silence = options_.timeout;
  if (options_.bind) options.bind = options_.bind->address();
  if (options_.tls) options.tls.emplace(*options_.tls);
  options.proxy_header = options_.proxy_header;
  options.tunnel = options_.tunnel;
  options.websocket = options_.websocket;
  return std::make_unique<StreamSession>(loop_, wire_, target.text, std::move(candidates), options,
                                         events);
}

void Talk::begin() {
  if (finished_) return;
  session_.reset();  // the lost one
  if (!next_hop().endpoint) return look_up();
  session_ = make_session({*next_hop().endpoint});
  session_->start();
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

Outcome Talk::run() {
  begin();
  loop_.run();
  input_.reset();  // the terminal is the shell's again
  if (options_.verbose && outcome_.signal == 0) {
    say("sent " + std::to_string(sent_) + ", received " + std::to_string(received_));
  }
  return outcome_;
}

void Talk::on_ready(const std::string& local, const std::string& agreed) {
  if (options_.verbose) {
    if (options_.listen && options_.over_udp()) {
      say("listening on " + local);
    } else {
      say((options_.over_udp() ? "sending to " : "connected to ") + options_.target.text +
          (options_.tunnel ? " through " + options_.tunnel->request.proxy : "") +
          (local.empty() ? "" : " from " + local));
    }
    if (!agreed.empty()) say(agreed);
  }
  is_connected_ = true;
  connected_at_ = std::chrono::steady_clock::now();
  if (!options_.send.empty()) {
    send_texts();
  } else if (input_ != nullptr) {
    input_->resume();
  } else if (options_.listen) {
    input_ended_ = true;
    if (options_.wait) wait_.start(*options_.wait);
  } else {
    open_input();
  }
}

void Talk::send_texts() {
  for (; texts_sent_ < options_.send.size(); ++texts_sent_) {
    if (must_wait()) return;
    // Whether it can be said was asked when the options were read.
    (void)session_->send(options_.send[texts_sent_]);
    ++sent_;
    if (options_.interval.count() > 0) interval_.start(options_.interval);
  }
  if (!input_ended_) end_input();
}

void Talk::open_input() {
  LineInputOptions options;
  options.raw = !wire_.has_messages();
  options.max_line = Wire::kMaxMessage;
  options.failed = [this](const std::string& why) {
    finish(ExitStatus::failed, "standard input: " + why);
  };
  input_ = std::make_unique<LineInput>(
      loop_, [this](std::string_view line) { on_line(line); }, [this] { end_input(); },
      std::move(options));
}

void Talk::on_line(std::string_view line) {
  if (finished_) return;
  const std::string why = session_->send(line);
  if (!why.empty()) {
    // A user can type another line; a script must learn that its line was not sent.
    if (editing()) return say(why);
    return finish(ExitStatus::failed,
                  "standard input, line " + std::to_string(sent_ + 1) + ": " + why);
  }
  ++sent_;
  if (options_.interval.count() > 0) interval_.start(options_.interval);
  if (must_wait()) input_->pause();
}

void Talk::on_room() {
  if (finished_ || !is_connected_ || must_wait()) return;
  if (input_ != nullptr) return input_->resume();
  send_texts();
}

void Talk::end_input() {
  if (finished_) return;
  input_ended_ = true;
  if (!options_.keep_open && !options_.websocket) session_->half_close();
  if (peer_ended_) return finish(ExitStatus::success);
  if (options_.wait) wait_.start(*options_.wait);
}

void Talk::on_message(std::string_view from, std::span<const std::byte> message) {
  if (finished_) return;
  ++received_;
  if (editing()) {
    input_->print(printed({from, std::chrono::system_clock::now(), message}, print_));
  } else if (is_plain(print_)) {
    const auto text = text_of(message);
    output_.write(text);
    if (print_.framed && !text.ends_with('\n')) output_.write("\n");
  } else {
    output_.write(printed({from, std::chrono::system_clock::now(), message}, print_));
  }
  if (output_.full()) session_->pause();
  if (options_.expect && received_ == *options_.expect) finish(ExitStatus::success);
}

void Talk::on_end() {
  if (finished_) return;
  if (options_.verbose || editing()) say(options_.target.text + ": the peer has finished sending");
  if (options_.expect) {
    return finish(ExitStatus::failed, options_.target.text + ": " + count_of_messages() +
                                          " before the peer finished sending");
  }
  if (options_.reconnect && !input_ended_) return session_->close();
  if (input_ended_ || ::isatty(STDIN_FILENO) == 1) return finish(ExitStatus::success);
  const std::string early = ": the peer closed before the end of the input";
  if (options_.websocket) return finish(ExitStatus::failed, options_.target.text + early);
  // A pipe is sent to its end all the same: a peer that has no more to say may still listen.
  peer_ended_ = true;
}

void Talk::on_closed(const Outcome& outcome) {
  if (options_.reconnect && !finished_ && (!input_ended_ || options_.listen)) {
    if (input_ != nullptr) input_->pause();
    const bool has_reason = !outcome.message.empty();
    return begin_again(has_reason ? outcome.message
                                  : options_.target.text + ": the peer closed the connection");
  }
  closed_ = true;
  const bool satisfied = options_.expect && received_ == *options_.expect;
  if (outcome_.status == ExitStatus::success && !satisfied) outcome_ = outcome;
  finished_ = true;
  wait_.stop();
  if (input_ != nullptr) input_->stop();
  stop_if_done();
}

void Talk::on_drained() {
  if (!closed_ && session_ != nullptr) session_->resume();
  stop_if_done();
}

void Talk::on_signal(int signal) {
  outcome_ = {ExitStatus::failed, "", signal};
  finished_ = true;
  output_.flush();
  loop_.stop();
}

std::string Talk::count_of_messages() const {
  return "received " + std::to_string(received_) + " of " + std::to_string(*options_.expect) +
         " messages";
}

void Talk::say(const std::string& text) {
  const std::string line = "sluice-talk: " + text + '\n';
  if (editing() && !finished_) return input_->print(line);
  std::fputs(line.c_str(), stderr);
}

void Talk::finish(ExitStatus status, const std::string& why) {
  if (std::exchange(finished_, true)) return;
  outcome_ = {status, why, 0};
  wait_.stop();
  interval_.stop();
  if (input_ != nullptr) input_->stop();
  if (session_ != nullptr && !again_.running()) return session_->close();
  again_.stop();
  closed_ = true;
  stop_if_done();
}

}  // namespace sluice::tools::talk
