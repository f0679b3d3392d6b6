// Messages of a hostile worker: whatever they are, the parent opens only what is on its list.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "fuzz.h"
#include "tools/sluiced/config/listen_reader.h"
#include "tools/sluiced/privileges/privileged_list.h"

using namespace sluice;
using namespace sluice::tools::daemon;

namespace {

const char* const kSockets[] = {"tcp://127.0.0.1:0", "udp://127.0.0.1:0"};
const char* const kFile = "/dev/../etc/hostname";

PrivilegedList list() {
  std::vector<ListenSpec> specs = {
      parse_listen("echo=udp://127.0.0.1:0", {}),
      parse_listen(std::string("echo=tls://127.0.0.1:0,cert=") + kFile, {}),
  };
  return PrivilegedList(PrivilegedEntries(specs, {}, log_target_from("file:/dev/null")));
}

bool is_on_the_list(const Request& request) {
  if (request.kind == RequestKind::file) return request.text == kFile;
  return request.kind == RequestKind::socket &&
         std::find(std::begin(kSockets), std::end(kSockets), request.text) != std::end(kSockets);
}

void check(PrivilegedList& opener, std::span<const std::byte> bytes) {
  const auto request = decode_request(bytes);
  if (!request) return;
  SLUICE_MUST(bytes.size() >= kRequestHead && request->text.size() <= kMaxText);
  SLUICE_MUST(request->text.find('\0') == request->text.npos);
  RequestBytes room;
  const auto again = encode(*request, room);
  SLUICE_MUST(std::equal(again.begin(), again.end(), bytes.begin(), bytes.end()));
  const PrivilegedList::Opened opened = opener.open(*request);
  // "/dev/null" is no regular file, and so never a log.
  SLUICE_MUST(!opened.fd || (opened.error == 0 && is_on_the_list(*request)));
  if (request->kind == RequestKind::notify && is_notification(request->text)) {
    SLUICE_MUST(request->text.find("MAINPID") == request->text.npos ||
                request->text.find("STATUS=") != request->text.npos);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static PrivilegedList opener = list();
  // The number stands where a fuzzer finds it: the kind in one byte, then the text.
  const std::span<const std::byte> bytes(reinterpret_cast<const std::byte*>(data), size);
  check(opener, bytes);
  fuzz::Choices choices(data, size);
  const auto kind = static_cast<RequestKind>(choices.any(32));
  RequestBytes room;
  check(opener, encode({.kind = kind, .number = 1, .text = choices.rest()}, room));
  return 0;
}
