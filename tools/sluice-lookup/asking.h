// Where the questions of a bulk lookup go: to DNS servers over datagrams and TCP, or over TLS.
//
// What it is: an interface, and one function for each way. Each asker gets one answer, at a later
// point of the loop; `answered` may call ask(), and must not destroy the object.
// Lifetime: must be destroyed before its loop. Thread: the loop's.
// Errors: the functions throw as DnsPool and TlsClient do; ask() throws as DnsPool's.
#ifndef SLUICE_TOOLS_SLUICE_LOOKUP_ASKING_H
#define SLUICE_TOOLS_SLUICE_LOOKUP_ASKING_H

#include <memory>
#include <string_view>

#include "../../reactor/loop/loop.h"
#include "../../reactor/names/dns_pool.h"
#include "options.h"

namespace sluice::tools::lookup {

class Asking {
 public:
  Asking() = default;
  Asking(const Asking&) = delete;
  Asking& operator=(const Asking&) = delete;
  virtual ~Asking() = default;

  // REQUIRES: is_host_name(name).
  virtual void ask(std::string_view name, DnsType type, DnsPool::Asker asker) = 0;
  [[nodiscard]] virtual bool has_room() const noexcept = 0;
};

std::unique_ptr<Asking> ask_in_the_clear(Loop& loop, const LookupOptions& options,
                                         DnsPool::Answered answered);
// REQUIRES: options.tls, and TLS is in this build.
std::unique_ptr<Asking> ask_over_tls(Loop& loop, const LookupOptions& options,
                                     DnsPool::Answered answered);
bool has_tls() noexcept;

}  // namespace sluice::tools::lookup

#endif
