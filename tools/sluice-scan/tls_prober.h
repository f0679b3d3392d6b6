// Makes TLS handshakes with open ports, and reads what their servers show.
//
// What it is: several sockets at once, each for a limited time. No certificate is verified, nothing
// is sent after the handshake, and the connection is aborted. There are two sources: one with
// sluice-tls, and one for a build without OpenSSL, in which nothing makes a TlsProber.
// Lifetime: must be destroyed before its loop; the destructor ends the handshakes and calls
// nothing. `done` may call add().
// Thread: the loop's. Errors: the constructor throws std::system_error; add() std::bad_alloc. A
// handshake that fails is a port without TLS.
#ifndef SLUICE_TOOLS_SLUICE_SCAN_TLS_PROBER_H
#define SLUICE_TOOLS_SLUICE_SCAN_TLS_PROBER_H

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "../../reactor/base/fd.h"
#include "../../reactor/loop/loop.h"
#include "listings/tls_facts.h"

namespace sluice::tools::scan {

class TlsProber {
 public:
  // A handshake holds about 50 KiB.
  static constexpr std::size_t kMaxSockets = 512;

  // Nothing: the port does not speak TLS, or has no version or cipher in common with us.
  using Done = std::function<void(const std::optional<TlsFacts>& tls)>;

  static bool is_built_in() noexcept;

  // REQUIRES: is_built_in(), patience > 0, 0 < sockets <= kMaxSockets.
  TlsProber(Loop& loop, std::chrono::milliseconds patience, std::size_t sockets);
  TlsProber(const TlsProber&) = delete;
  TlsProber& operator=(const TlsProber&) = delete;
  ~TlsProber();

  // `name` is sent as SNI; empty: none. Calls `done` later, in finish(), or at once if the
  // socket has failed already. REQUIRES: not full().
  void add(Fd socket, const std::string& name, const Done& done);
  [[nodiscard]] bool full() const noexcept;
  [[nodiscard]] std::size_t waiting() const noexcept;
  // All of them end now, without an answer.
  void finish();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sluice::tools::scan

#endif
