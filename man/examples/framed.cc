// Two message services, a class and a function, and in-memory peers that
// use them.
#include <cstdio>
#include <memory>
#include <string>

#include <sluice/connection.h>
#include <sluice/framed.h>
#include <sluice/memory_peer.h>

using sluice::Connection;
using sluice::Framing;
using sluice::MemoryPeer;

namespace {

std::string text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// Numbers the messages of its connection, and closes it after "bye".
class Counter final : public sluice::FramedProtocol {
 public:
  using FramedProtocol::FramedProtocol;

 private:
  void on_message(Connection& connection, Bytes message) override {
    const auto text = std::to_string(++count_) + " " + text_of(message);
    const auto error =
        send_message(connection, std::as_bytes(std::span(text)));
    if (error) std::printf("not sent: %s\n", error.message().c_str());
    if (text_of(message) == "bye") connection.close();
  }

  int count_ = 0;
};

void show(const char* who, MemoryPeer& peer) {
  std::printf("%s: %s%s\n", who, peer.received().c_str(),
              peer.saw_end() ? " and the end" : "");
  for (const auto& report : peer.reports()) {
    // The text before this names the peer.
    const auto place = report.what.find("at byte");
    std::printf("  %s\n", report.what.c_str() + place);
  }
}

}  // namespace

int main() {
  // A framing must outlive its connections.
  Framing decimal("decimal:3");
  MemoryPeer first(std::make_unique<Counter>(decimal));
  first.send("005hello002");
  show("first", first);
  first.send("yo003bye005after");
  show("first", first);

  MemoryPeer second(std::make_unique<Counter>(decimal));
  second.send("005hello300too long");
  show("second", second);

  Framing parts("delimiter:3b", {.limit = 10, .strict = false});
  const auto factory =
      sluice::framed(parts, [](Connection& connection, Framing& framing,
                               std::span<const std::byte> message) {
        framing.send(connection, message);
      });
  MemoryPeer third(factory(sluice::Address()));
  third.send("hello;much more than ten;there;");
  show("third", third);
}
