// The program: connects the input, a session, and the output.
//
// What it is: run() looks the target's name up, talks until the end, and returns the outcome.
// Lifetime: one in a process, because of the signals and the terminal. Thread: one.
// Errors: NetworkError, std::system_error. The destructor restores the terminal.
#ifndef SLUICE_TOOLS_SLUICE_TALK_TALK_H
#define SLUICE_TOOLS_SLUICE_TALK_TALK_H

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "../../reactor/base/backoff.h"
#include "../../reactor/loop/loop.h"
#include "../../reactor/loop/signals.h"
#include "../../reactor/loop/timer.h"
#include "../../reactor/names/resolver.h"
#include "../common/output.h"
#include "../common/program.h"
#include "../common/terminal/line_input.h"
#include "acceptor.h"
#include "options.h"
#include "session.h"
#include "tls_link.h"
#include "wire.h"

namespace sluice::tools::talk {

class StreamSession;

class Talk final : private SessionEvents {
 public:
  explicit Talk(const TalkOptions& options);
  Talk(const Talk&) = delete;
  Talk& operator=(const Talk&) = delete;
  ~Talk() override;

  Outcome run();

 private:
  // Before --reconnect tries again.
  static constexpr std::chrono::milliseconds kFirstDelay{100};
  static constexpr std::chrono::milliseconds kMaxDelay{30'000};
  // A connection that was open for so long is not one that the peer refuses.
  static constexpr std::chrono::milliseconds kLasting{5'000};

  void begin();
  [[nodiscard]] const Target& next_hop() const {
    return options_.tunnel ? options_.tunnel->proxy : options_.target;
  }
  void look_up();
  void begin_again(const std::string& why);
  void open_session(std::vector<Endpoint> candidates);
  [[nodiscard]] std::unique_ptr<Session> make_session(std::vector<Endpoint> candidates);
  std::unique_ptr<StreamSession> make_stream(const std::string& name,
                                             std::vector<Endpoint> candidates);
  void listen(const Endpoint& endpoint);
  void on_accepted(Fd socket, const Address& peer);
  void accept_next(const Outcome& outcome);
  [[nodiscard]] std::string shown(const std::string& endpoint) const;
  void open_input();
  void send_texts();
  void on_line(std::string_view line);
  bool on_input_lines(std::string_view lines);
  [[nodiscard]] bool shows_blocks() const;
  void end_input();
  // Whether the next message may not be sent yet.
  [[nodiscard]] bool must_wait() { return session_->full() || interval_.running(); }

  void on_ready(const std::string& local, const std::string& agreed) override;
  void on_message(std::string_view from, std::span<const std::byte> message) override;
  void on_lines(std::string_view lines) override;
  void on_room() override;
  void on_end() override;
  void on_notice(const std::string& text) override { say(text); }
  void on_closed(const Outcome& outcome) override;

  void on_report(const Report& report);
  void on_drained();
  void on_signal(int signal);
  [[nodiscard]] bool editing() const { return input_ != nullptr && input_->editing(); }
  [[nodiscard]] std::string count_of_messages() const;
  void say(const std::string& text);
  void finish_one();
  void finish(ExitStatus status, const std::string& why = {});
  void stop_if_done() {
    if (closed_ && output_.empty()) loop_.stop();
  }

  const TalkOptions& options_;
  Wire wire_;
  std::optional<TlsLink> tls_;  // of every connection
  PrintOptions print_;
  Outcome outcome_;
  std::size_t texts_sent_ = 0;  // of options_.send
  std::uint64_t sent_ = 0;
  std::uint64_t received_ = 0;  // of lines in blocks only with --verbose, which shows it
  bool is_connected_ = false;
  bool input_ended_ = false;
  bool peer_ended_ = false;
  bool finished_ = false;  // outcome_ is known
  bool closed_ = false;    // and the session is
  Loop loop_;
  Output output_;
  Timer wait_;
  Timer interval_;  // runs until the next message may be sent
  Timer again_;     // until the next attempt to connect
  Timer nobody_;    // until a first connection must have been accepted
  Backoff backoff_;
  std::chrono::steady_clock::time_point connected_at_{};
  std::vector<std::unique_ptr<Signal>> signals_;
  std::unique_ptr<Resolver> resolver_;  // for a target that is a name
  std::unique_ptr<Acceptor> acceptor_;  // with --listen over a stream
  std::string peer_;                    // of the connection that it accepted
  std::unique_ptr<Session> session_;    // once its addresses are known
  std::unique_ptr<LineInput> input_;
};

}  // namespace sluice::tools::talk

#endif
