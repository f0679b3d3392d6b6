// Any bytes of a proxy or of a server that was asked for STARTTLS: a dialogue is always done, at
// fault, or wants more; it reads a bounded number of bytes; and bytes that come one at a time mean
// the same as those that come as wanted.
#include <algorithm>
#include <memory>
#include <string>
#include <string_view>

#include "fuzz.h"
#include "tools/sluice-talk/dialogues/connect_dialogue.h"
#include "tools/sluice-talk/dialogues/socks_dialogue.h"
#include "tools/sluice-talk/dialogues/starttls.h"

using namespace sluice::tools::talk;

namespace {

constexpr std::size_t kMaxRead = std::max(
    {SocksDialogue::kMaxRead, ConnectDialogue::kMaxHead, StartTlsDialogue::kMaxPlainText + 1});

std::unique_ptr<Dialogue> dialogue_of(std::uint8_t kind) {
  ProxyRequest request{"socks5://p:1", {}, "a.example", 7};
  if ((kind & 8U) != 0) request.account = {"me", "secret"};
  switch (kind & 7U) {
    case 0:
      return std::make_unique<SocksDialogue>(request);
    case 1:
      return std::make_unique<ConnectDialogue>(request);
    default:
      return std::make_unique<StartTlsDialogue>(static_cast<StartTls>(kind & 3U), "a.example",
                                                "[192.0.2.1]");
  }
}

struct Course {
  bool is_done;
  std::string fault;
  std::string said;
};

Course run(std::uint8_t kind, std::string_view in, std::size_t most) {
  const std::unique_ptr<Dialogue> dialogue = dialogue_of(kind);
  std::string said;
  std::size_t read = 0;
  while (!dialogue->is_done() && dialogue->fault().empty() && read < in.size()) {
    SLUICE_MUST(dialogue->wanted() > 0);
    const std::size_t size = std::min({dialogue->wanted(), most, in.size() - read});
    dialogue->receive(in.substr(read, size));
    read += size;
    SLUICE_MUST(read <= kMaxRead || (kind & 7U) > 1);
    said += dialogue->output();
    dialogue->output().clear();
  }
  if (!dialogue->is_done() && dialogue->fault().empty()) {
    dialogue->on_end();
    SLUICE_MUST(!dialogue->fault().empty());
  }
  return {dialogue->is_done(), dialogue->fault(), said};
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::uint8_t kind = *data;
  const std::string_view in(reinterpret_cast<const char*>(data) + 1, size - 1);
  const Course wanted = run(kind, in, in.size());
  const Course single = run(kind, in, 1);
  // What follows the answer of a server that agrees to TLS is noticed only if it comes with it.
  if ((kind & 7U) > 1) return 0;
  SLUICE_MUST(wanted.is_done == single.is_done && wanted.said == single.said);
  SLUICE_MUST(wanted.fault == single.fault);
  return 0;
}
