#include "dialogue.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <span>
#include <utility>

namespace sluice::tools::talk {
namespace {

// The dialogue, and then the inner transport or the wire.
class DialogueTransport final : public Transport {
 public:
  DialogueTransport(Wire wire, const Address& peer, std::unique_ptr<Dialogue> dialogue,
                    const TransportFactory& inner)
      : wire_(wire), peer_(peer), dialogue_(std::move(dialogue)), factory_(inner) {}

  IoResult open() override {
    if (!is_over_) {
      const IoResult result = converse();
      if (!result.is_done()) return result;
      if (factory_ && (inner_ = factory_(wire_, peer_)) == nullptr) {
        return IoResult::failed(ECANCELED);
      }
      is_over_ = true;
    }
    return inner_ != nullptr ? inner_->open() : IoResult::done();
  }
  IoResult read(std::span<std::byte> into) override {
    return inner_ != nullptr ? inner_->read(into) : wire_.read(into);
  }
  IoResult write(std::span<const iovec> parts) override {
    return inner_ != nullptr ? inner_->write(parts) : wire_.write(parts);
  }
  IoResult shutdown_write() override {
    return inner_ != nullptr ? inner_->shutdown_write() : wire_.shutdown_write();
  }
  [[nodiscard]] bool pending() const noexcept override {
    return inner_ != nullptr && inner_->pending();
  }
  [[nodiscard]] Transport* inner() const noexcept override { return inner_.get(); }
  [[nodiscard]] const Dialogue& dialogue() const noexcept { return *dialogue_; }

 private:
  IoResult converse() {
    for (;;) {
      std::string& output = dialogue_->output();
      while (!output.empty()) {
        const IoResult sent = wire_.write(std::as_bytes(std::span(output)));
        if (!sent.is_done()) return sent;
        output.erase(0, sent.bytes);
      }
      if (dialogue_->is_done()) return IoResult::done();
      std::array<char, 4096> room{};
      const std::size_t wanted = std::min(dialogue_->wanted(), room.size());
      const IoResult got = wire_.read(std::as_writable_bytes(std::span(room).first(wanted)));
      if (got.status == IoResult::Status::end) dialogue_->on_end();
      if (got.is_done()) dialogue_->receive({room.data(), got.bytes});
      if (!dialogue_->fault().empty()) return IoResult::failed(EPROTO);
      if (!got.is_done()) return got;
    }
  }

  Wire wire_;
  const Address peer_;
  std::unique_ptr<Dialogue> dialogue_;
  const TransportFactory& factory_;
  std::unique_ptr<Transport> inner_;
  bool is_over_ = false;
};

}  // namespace

TransportFactory hold_dialogue(DialogueFactory make, TransportFactory inner) {
  // The factory outlives its transports: it is an option of their connections.
  return [make = std::move(make), inner = std::move(inner)](
             Wire wire, const Address& peer) -> std::unique_ptr<Transport> {
    return std::make_unique<DialogueTransport>(wire, peer, make(wire), inner);
  };
}

const Dialogue* unfinished_dialogue(const Connection& connection) {
  for (Transport* each = connection.transport(); each != nullptr; each = each->inner()) {
    const auto* found = dynamic_cast<const DialogueTransport*>(each);
    if (found == nullptr) continue;
    const Dialogue& dialogue = found->dialogue();
    if (!dialogue.is_done() || !dialogue.fault().empty()) return &dialogue;
  }
  return nullptr;
}

}  // namespace sluice::tools::talk
