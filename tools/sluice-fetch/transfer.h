// The transfer of one URL: libcurl's handle, and the destination of the body.
//
// What it is: the body becomes a file, which appears when it is complete, or is written to the
// standard output, or is discarded. A status of 400 or more is a failure, and its body is
// discarded. A body for a terminal is made harmless (TerminalText), and fails if it has a NUL byte,
// which no text has.
// With --continue the file is a PartFile. If that has a validator, the server is asked for the rest
// of the same version (If-Range), and an answer with the whole body replaces the part.
// Backpressure: while the output is full or the gate is closed, libcurl reads no more of the body,
// until resume().
// Lifetime: handle() must be removed from its multi handle before the destructor, which removes an
// unfinished file. Thread: one.
// Errors: the constructor throws std::bad_alloc, std::runtime_error. A failure of the transfer is
// in finish()'s result.
#ifndef SLUICE_TOOLS_SLUICE_FETCH_TRANSFER_H
#define SLUICE_TOOLS_SLUICE_FETCH_TRANSFER_H

#include <curl/curl.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "../../reactor/base/fd.h"
#include "../common/new_file.h"
#include "../common/output.h"
#include "../common/terminal/terminal_text.h"
#include "options.h"
#include "part_file.h"
#include "rate_gate.h"
#include "result.h"

namespace sluice::tools::fetch {

class Transfer {
 public:
  // The limits on connecting, and on a peer that sends nothing.
  static constexpr std::chrono::seconds kConnectTimeout{30};
  static constexpr std::chrono::seconds kSilence{60};

  // A compressed body may grow to this many times its size, after the first MiB.
  static constexpr std::uint64_t kMaxExpansion = 1000;
  // The longest wait that a server can ask for before a retry.
  static constexpr std::chrono::seconds kMaxRetryAfter{300};
  // All heads and trailers of a transfer together, in bytes: libcurl keeps them.
  static constexpr std::size_t kMaxHeads = 1024 * 1024;

  // `output` is where the body goes when the job has no file; null: nowhere.
  enum class Shown : std::uint8_t { unchanged, on_terminal };
  Transfer(const FetchOptions& options, const FetchJob& job, Output* output, Shown shown,
           RateGate& gate);
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;
  ~Transfer() = default;

  [[nodiscard]] CURL* handle() const noexcept { return easy_.get(); }
  // Why the transfer cannot begin; empty if it can.
  [[nodiscard]] const std::string& obstacle() const noexcept { return why_; }
  void resume() noexcept;
  [[nodiscard]] std::uint64_t bytes() const noexcept { return bytes_; }
  // The part of the body that has arrived, 0 to 1; 0 if its size is not known.
  [[nodiscard]] double share() const noexcept;
  // Of the body; 0: not known.
  [[nodiscard]] std::uint64_t total() const noexcept;
  // Keeps a part that is complete. REQUIRES: called once.
  FetchResult finish(CURLcode code);
  // The file of a body that is complete, for the caller to keep; null otherwise.
  // REQUIRES: finish() has returned.
  [[nodiscard]] std::unique_ptr<NewFile> take_file() noexcept { return std::move(file_); }
  // The reason of a file's error, for people.
  static std::string why(const std::system_error& error);
  // How long to wait before the same request may succeed; nothing if it would fail again, if it is
  // not safe to repeat (a POST that may have arrived), or if a part of the body has been printed.
  // `backoff` is the wait if the server names none. REQUIRES: finish() has returned an error.
  [[nodiscard]] std::optional<std::chrono::milliseconds> retry_after(
      CURLcode code, std::chrono::milliseconds backoff) const;

 private:
  struct Cleanup {
    void operator()(CURL* easy) const noexcept { curl_easy_cleanup(easy); }
  };

  static std::size_t on_body(char* data, std::size_t size, std::size_t count, void* self) noexcept;
  static std::size_t on_post(char* into, std::size_t size, std::size_t count, void* self) noexcept;
  static int on_rewind(void* self, curl_off_t offset, int origin) noexcept;
  static std::size_t on_head(char* data, std::size_t size, std::size_t count, void* self) noexcept;
  template <class Value>
  void set(CURLoption option, Value value);
  void set_up(const FetchOptions& options);
  void set_up_tls(const FetchOptions& options);
  void set_up_request(const FetchOptions& options);
  void open_post(const std::string& file);
  void open_part();
  void begin_part();
  [[nodiscard]] bool is_complete() const;
  [[nodiscard]] std::string header(const char* name) const;
  bool take_head(std::string_view line);
  void keep_body(CURLcode code, FetchResult& result);
  bool take(std::string_view data);
  bool show(std::string_view data);
  [[nodiscard]] std::string reason(CURLcode code) const;

  const FetchOptions& options_;
  const FetchJob& job_;
  Output* output_;
  RateGate& gate_;
  std::unique_ptr<NewFile> file_;
  std::optional<PartFile> part_;
  bool part_begun_ = false;  // the answer says which part of the body it has
  Fd post_;
  std::string head_;                   // of the last answer, with --head
  std::optional<TerminalText> shown_;  // of a body for a terminal
  std::string why_;                    // a reason of our own
  std::uint64_t bytes_ = 0;
  std::size_t heads_ = 0;  // bytes of them
  bool paused_ = false;
  std::array<char, CURL_ERROR_SIZE> words_{};  // libcurl's
  struct FreeList {
    void operator()(curl_slist* list) const noexcept { curl_slist_free_all(list); }
  };
  std::unique_ptr<curl_slist, FreeList> headers_;
  std::unique_ptr<CURL, Cleanup> easy_;
};

}  // namespace sluice::tools::fetch

#endif
