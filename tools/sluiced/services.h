// What the daemon can serve: the names, what each runs over, and how it is made.
//
// What it is: a constant table. Thread: any.
#ifndef SLUICE_TOOLS_SLUICED_SERVICES_H
#define SLUICE_TOOLS_SLUICED_SERVICES_H

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "../../protocols/datagram_service.h"
#include "../../reactor/endpoint.h"
#include "../../reactor/protocol.h"

namespace sluice {

struct Service {
  std::string_view name;
  std::string_view summary;  // for --help
  bool needs_text;           // the key `text`
  bool over_udp;             // over streams they all are
  // One object for all connections of an endpoint: none of them keeps anything of a connection.
  std::unique_ptr<Protocol> (*make_protocol)(const std::string& text);
  // Empty for a service that says nothing. REQUIRES: over_udp.
  DatagramAnswer (*make_answer)();
  AnswerSize answer_size;

  [[nodiscard]] bool runs_over(Transport transport) const noexcept {
    return transport != Transport::udp || over_udp;
  }
};

std::span<const Service> all_services() noexcept;

// Null when there is none of that name.
const Service* find_service(std::string_view name) noexcept;

}  // namespace sluice

#endif
