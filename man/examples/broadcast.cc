// A host that answers discovery requests, and a client that discovers it
// and then receives a published text, both on loopback.
#include <cstdio>
#include <functional>
#include <span>
#include <string>
#include <utility>

#include <sluice/broadcast.h>
#include <sluice/datagram.h>
#include <sluice/loop.h>
#include <sluice/reply_guard.h>

using sluice::DatagramSocket;
using sluice::Endpoint;

namespace {

// Prints each datagram, and then runs the given function.
class Receiver final : public sluice::DatagramHandler {
 public:
  Receiver(const char* what, std::function<void()> then)
      : what_(what), then_(std::move(then)) {}

  void on_datagram(DatagramSocket&,
                   const sluice::Datagram& datagram) override {
    const auto* text = reinterpret_cast<const char*>(datagram.data.data());
    const std::string line(text, datagram.data.size());
    std::printf("%s: %s\n", what_, line.c_str());
    then_();
  }

 private:
  const char* what_;
  std::function<void()> then_;
};

}  // namespace

int main() {
  sluice::Loop loop;
  sluice::ReplyGuard guard(loop);
  sluice::BroadcastOptions options;
  options.message = "attic: echo tcp/7007";
  options.interface = "lo";  // the default excludes loopback
  sluice::Broadcast attic(loop, Endpoint::from("udp://127.0.0.1:0"), guard,
                          options);

  // The client must not use the service's own port number.
  Receiver client("found", [&attic] { attic.publish("supper is ready"); });
  DatagramSocket question(loop, Endpoint::from("udp://127.0.0.1:0"),
                          client);
  question.send_to(std::as_bytes(std::span("who is there?", 13)),
                   attic.endpoint().address());

  // A receiver of published texts listens on the service's port.
  Receiver listener("received", [&loop] { loop.stop(); });
  auto all = sluice::Address::from_ip("127.255.255.255",
                                      attic.endpoint().address().port());
  const DatagramSocket receiver(loop, Endpoint(sluice::Scheme::udp, *all),
                                listener);
  loop.run();
}
