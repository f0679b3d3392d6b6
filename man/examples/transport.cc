// A transport that frames bytes and xors them with keys that the other side
// gives, and an echo over it.
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <sluice/connection.h>
#include <sluice/loop.h>
#include <sluice/transport.h>

using sluice::Address;
using sluice::Connection;
using sluice::IoResult;
using sluice::Wire;

namespace {

// A frame is a letter, the length of its body in two bytes, and the body:
//   K  a key of one byte, for the next kPerKey bytes of data in return
//   D  data, xored with the key that its receiver gave
//   E  no more data; keys may still come
// Each side begins with a key. So a write that has used its key up waits to
// read the next one, and a read that must give a key waits to write it.
class XorTransport final : public sluice::Transport {
 public:
  static constexpr std::size_t kPerKey = 1000;

  explicit XorTransport(Wire wire) : wire_(wire) { give_key(); }

  IoResult open() override {
    IoResult result = flush();
    while (result.is_done() && credit_ == 0) result = receive();
    return result;
  }

  IoResult read(std::span<std::byte> into) override {
    while (plain_.empty()) {
      if (ended_) return IoResult::end();
      const IoResult result = receive();
      // The end of the wire without an E: something is missing.
      if (result.status == IoResult::Status::end)
        return IoResult::failed(ECONNABORTED);
      if (!result.is_done()) return result;
    }
    if (plain_.size() <= into.size() && received_ == kPerKey) give_key();
    // Before the data, because nobody might call again after it.
    if (owes_key_) {
      const IoResult result = flush();
      if (!result.is_done()) return result;
    }
    const std::size_t count = std::min(into.size(), plain_.size());
    std::copy_n(std::as_bytes(std::span(plain_)).begin(), count,
                into.begin());
    plain_.erase(0, count);
    return IoResult::done(count);
  }

  // A frame that is on its way was made of the bytes that come again.
  IoResult write(std::span<const iovec> parts) override {
    while (in_flight_ == 0 && credit_ == 0) {
      const IoResult result = receive();
      if (result.status == IoResult::Status::end)
        return IoResult::failed(EPIPE);
      if (!result.is_done()) return result;
    }
    if (in_flight_ == 0) frame_data(parts);
    const IoResult result = flush();
    if (!result.is_done()) return result;
    return IoResult::done(std::exchange(in_flight_, 0));
  }

  IoResult shutdown_write() override {
    if (!std::exchange(said_end_, true)) frame('E', {});
    return flush();
  }

  bool pending() const noexcept override {
    return !plain_.empty() || ended_;
  }

 private:
  static constexpr std::size_t kHeader = 3;

  void frame(char letter, std::string_view body) {
    out_ += letter;
    out_ += static_cast<char>(body.size() >> 8);
    out_ += static_cast<char>(body.size() & 0xff);
    out_ += body;
  }
  void frame_data(std::span<const iovec> parts) {
    std::string body;
    for (const iovec& part : parts) {
      const std::size_t fits =
          std::min(part.iov_len, credit_ - body.size());
      body.append(static_cast<const char*>(part.iov_base), fits);
    }
    in_flight_ = body.size();
    credit_ -= body.size();
    frame('D', xored(std::move(body), their_key_));
  }
  void give_key() {
    our_key_ = static_cast<char>(our_key_ * 5 + 1);
    received_ = 0;
    owes_key_ = true;
    frame('K', std::string_view(&our_key_, 1));
  }
  static std::string xored(std::string text, char key) {
    for (char& c : text) c = static_cast<char>(c ^ key);
    return text;
  }

  IoResult flush() {
    while (!out_.empty()) {
      const IoResult result = wire_.write(std::as_bytes(std::span(out_)));
      if (!result.is_done()) return result;
      out_.erase(0, result.bytes);
    }
    owes_key_ = false;
    return IoResult::done();
  }
  // One read of the wire, and all frames that it completes.
  IoResult receive() {
    char bytes[512];
    const auto room = std::as_writable_bytes(std::span(bytes));
    const IoResult result = wire_.read(room);
    if (!result.is_done()) return result;
    in_.append(bytes, result.bytes);
    while (in_.size() >= kHeader) {
      const auto high = static_cast<unsigned char>(in_[1]);
      const auto low = static_cast<unsigned char>(in_[2]);
      const std::size_t size = high * std::size_t{256} + low;
      if (size > kPerKey) return IoResult::failed(EPROTO);
      if (in_.size() < kHeader + size) break;
      if (!accept(in_[0], in_.substr(kHeader, size)))
        return IoResult::failed(EPROTO);
      in_.erase(0, kHeader + size);
    }
    return IoResult::done();
  }
  bool accept(char letter, std::string body) {
    if (letter == 'K' && body.size() == 1 && credit_ == 0) {
      their_key_ = body[0];
      credit_ = kPerKey;
      return true;
    }
    if (ended_) return false;
    if (letter == 'E') return ended_ = body.empty();
    received_ += body.size();
    plain_ += xored(std::move(body), our_key_);
    return letter == 'D' && received_ <= kPerKey;
  }

  const Wire wire_;
  std::string in_;             // from the wire, not a whole frame yet
  std::string plain_;          // for the handler
  std::string out_;            // for the wire
  std::size_t in_flight_ = 0;  // of the handler's bytes, in out_
  std::size_t credit_ = 0;     // what their key is still good for
  std::size_t received_ = 0;   // what our key was used for
  char our_key_ = 0;
  char their_key_ = 0;
  bool owes_key_ = false;
  bool said_end_ = false;
  bool ended_ = false;
};

std::unique_ptr<sluice::Transport> make_xor(Wire wire, const Address&) {
  return std::make_unique<XorTransport>(wire);
}

class Echo final : public sluice::Protocol {
  std::size_t on_data(Connection& connection,
                      std::span<const std::byte> in) override {
    connection.send(in);
    return in.size();
  }
};

class Client final : public sluice::Protocol {
  void on_open(Connection& connection) override {
    std::printf("the handshake is done\n");
    connection.send(sent_);
  }
  std::size_t on_data(Connection& connection,
                      std::span<const std::byte> in) override {
    received_.append(reinterpret_cast<const char*>(in.data()), in.size());
    if (received_.size() == sent_.size()) connection.close();
    return in.size();
  }
  void on_close(Connection& connection, std::error_code reason) override {
    std::printf("%zu bytes came back%s\n", received_.size(),
                received_ == sent_ ? "" : ", but not those that were sent");
    std::printf("%s\n", reason.message().c_str());
    connection.loop().stop();
  }

  const std::string sent_ = std::string(5000, '*');
  std::string received_;
};

}  // namespace

int main() {
  Echo echo;
  Client client;
  sluice::Loop loop;
  sluice::ConnectionOptions options;
  options.transport = make_xor;
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends) != 0)
    return 1;
  Connection::adopt(loop, sluice::Fd(ends[0]), echo, options);
  Connection::adopt(loop, sluice::Fd(ends[1]), client, options);
  loop.run();
  return 0;
}
