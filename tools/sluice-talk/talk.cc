#include "talk.h"

#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <utility>

#include "../common/signal_setup.h"
#include "line_blocks.h"

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
              if (!options_.websocket || options_.keep_open) return finish_one();
              session_->half_close();
            }),
      interval_(loop_, [this] { on_room(); }),
      again_(loop_, [this] { begin(); }),
      nobody_(loop_,
              [this] {
                finish(ExitStatus::timed_out, options_.target.text + ": nobody connected within " +
                                                  std::to_string(options_.timeout.count()) + " ms");
              }),
      backoff_({.first = kFirstDelay, .cap = kMaxDelay, .jitter = Jitter::decorrelated}) {
  // A file that is missing ends the program before it connects, or listens, and not afterwards.
  if (options.tls) tls_.emplace(*options.tls);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    if (is_ignored(signal)) continue;
    signals_.push_back(
        std::make_unique<Signal>(loop_, signal, [this, signal] { on_signal(signal); }));
  }
  loop_.set_reporter([this](const Report& report) { on_report(report); });
  print_.format = options.format;
  print_.terminal = ::isatty(STDOUT_FILENO) == 1;
  print_.framed = wire_.has_messages();
}

// The loop may report once more when it is destroyed, after the members that finish() uses.
Talk::~Talk() { loop_.set_reporter({}); }

// What must not happen: a function of ours threw, or the system has no room to watch a descriptor,
// after which nothing would ever be read from it.
void Talk::on_report(const Report& report) {
  const bool is_unwatched =
      report.kind == Report::Kind::socket_error && std::string_view(report.where) == "watch";
  if (report.kind != Report::Kind::handler_threw && !is_unwatched) return;
  const std::string why = is_unwatched ? report.what + ": " + report.error.message() : report.what;
  const bool was_finished = finished_;
  finish(ExitStatus::failed, why);
  if (!was_finished) return;
  // It may have been the session, before it could say that it is closed.
  closed_ = true;
  stop_if_done();
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
    } else if (options_.accepts()) {
      say("connection from " + peer_);
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
  } else if (input_ended_ && !options_.receive_only) {
    end_input();  // it ended during an earlier connection
  } else if (input_ != nullptr) {
    input_->resume();
  } else if (options_.receive_only) {
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
  const bool in_blocks = wire_.sends_lines_as_they_are() && options_.interval.count() == 0;
  if (in_blocks)
    options.on_lines = [this](std::string_view lines) { return on_input_lines(lines); };
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

// Many lines cost what one costs. A line with a CR is judged alone.
bool Talk::on_input_lines(std::string_view lines) {
  if (finished_ || lines.find('\r') != lines.npos) return false;
  session_->send_lines(lines);
  sent_ += count_lines(lines);
  if (must_wait()) input_->pause();
  return true;
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
  if (peer_ended_) return finish_one();
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

// Whether lines may be printed many at once.
bool Talk::shows_blocks() const { return wire_.lines() && is_plain(print_) && !options_.expect; }

void Talk::on_lines(std::string_view lines) {
  if (finished_) return;
  if (options_.verbose) received_ += count_lines(lines);
  output_.write(lines);
  if (output_.full()) session_->pause();
}

void Talk::on_end() {
  if (finished_) return;
  if (options_.verbose || editing()) say(options_.target.text + ": the peer has finished sending");
  if (options_.expect && !options_.keep_listening) {
    return finish(ExitStatus::failed, options_.target.text + ": " + count_of_messages() +
                                          " before the peer finished sending");
  }
  if (options_.reconnect && !input_ended_) return session_->close();
  // The next peer must not wait for an input that says nothing; what it says next is for that one.
  const bool goes_on = options_.keep_listening && options_.send.empty();
  if (input_ended_ || goes_on || ::isatty(STDIN_FILENO) == 1) return finish_one();
  const std::string early = ": the peer closed before the end of the input";
  if (options_.websocket) return finish(ExitStatus::failed, options_.target.text + early);
  // A pipe is sent to its end all the same: a peer that has no more to say may still listen.
  peer_ended_ = true;
}

void Talk::on_closed(const Outcome& outcome) {
  if (options_.keep_listening && !finished_) return accept_next(outcome);
  if (options_.reconnect && !finished_ && (!input_ended_ || options_.receive_only)) {
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

// The conversation has ended as it should. With --keep-listening another one may follow.
void Talk::finish_one() {
  if (!options_.keep_listening) return finish(ExitStatus::success);
  wait_.stop();
  session_->close();
}

void Talk::finish(ExitStatus status, const std::string& why) {
  // An error may follow: the last of the output cannot be written.
  if (outcome_.status == ExitStatus::success) outcome_ = {status, why, 0};
  if (std::exchange(finished_, true)) return;
  wait_.stop();
  interval_.stop();
  nobody_.stop();
  if (input_ != nullptr) input_->stop();
  if (session_ != nullptr && !again_.running()) return session_->close();
  again_.stop();
  closed_ = true;
  stop_if_done();
}

}  // namespace sluice::tools::talk
