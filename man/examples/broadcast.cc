// A host that can be found, and one that looks for it and then listens.
// Both are this one, on loopback, for want of a network.
#include <cstdio>
#include <functional>
#include <span>
#include <string>
#include <utility>

#include <sluice/protocols/broadcast.h>
#include <sluice/protocols/reply_guard.h>
#include <sluice/reactor/datagram.h>
#include <sluice/reactor/loop.h>

using sluice::DatagramSocket;
using sluice::Endpoint;

namespace {

// Prints what comes, and then does what it was told to do.
class Hearer final : public sluice::DatagramHandler {
 public:
  Hearer(const char* what, std::function<void()> then)
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
  options.interface = "lo";  // without this, every network but loopback
  sluice::Broadcast attic(loop, Endpoint::from("udp://127.0.0.1:0"), guard,
                          options);

  // Who asks does so from another port than the service's own.
  Hearer asker("found", [&attic] { attic.publish("supper is ready"); });
  DatagramSocket question(loop, Endpoint::from("udp://127.0.0.1:0"), asker);
  question.send_to(std::as_bytes(std::span("who is there?", 13)),
                   attic.endpoint().address());

  // Who listens does so on the service's port.
  Hearer listener("heard", [&loop] { loop.stop(); });
  auto all = sluice::Address::from_ip("127.255.255.255",
                                      attic.endpoint().address().port());
  const DatagramSocket ear(loop, Endpoint(sluice::Transport::udp, *all),
                           listener);
  loop.run();
}
