// A DNS server on loopback with the names and the behaviour that a test sets.
//
// What it is: a DatagramSocket and a Listener at the same port of 127.0.0.1, on the test's loop. An
// unknown name does not exist (NXDOMAIN). A name that has only other types has no answer and no
// error.
// Lifetime: must be destroyed before its loop. Source: RFC 1035.
#ifndef SLUICE_TESTS_SUPPORT_DNS_SERVER_H
#define SLUICE_TESTS_SUPPORT_DNS_SERVER_H

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <sluice/datagram.h>
#include <sluice/listener.h>
#include <sluice/loop.h>
#include <sluice/timer.h>

namespace sluice::test {

// How the server answers for a name, whatever its records.
enum class Manner {
  plain,
  silent,           // no answer at all
  server_failed,    // SERVFAIL
  refused,          // REFUSED
  not_implemented,  // NOTIMP
  truncated,        // over UDP empty and truncated (TC); over TCP complete
  generous,         // every record of the name, whatever the question
  malformed,        // its one record claims to be longer than the message
  short_header,     // fewer bytes than a header has
  wrong_id,         // a forged answer with another id first, then the true one
  wrong_question,   // a forged answer to another question first, then the true one
};

class DnsServer final : private DatagramHandler {
 public:
  // With a `port` of 0, the system chooses one.
  explicit DnsServer(Loop& loop, std::uint16_t port = 0);
  ~DnsServer() override;

  [[nodiscard]] const Address& address() const noexcept { return address_; }

  void a(std::string_view name, std::string_view address);
  void aaaa(std::string_view name, std::string_view address);
  void cname(std::string_view name, std::string_view target);
  void ptr(std::string_view address, std::string_view name);
  void alias_ptr(std::string_view name, std::string_view target);  // for any name
  void treat(std::string_view name, Manner manner) { manners_[std::string(name)] = manner; }
  void delay(std::string_view name, std::chrono::milliseconds by) {
    delays_[std::string(name)] = by;
  }

  // The number of questions so far; a repeated question counts again.
  [[nodiscard]] std::size_t questions() const noexcept { return over_udp_ + over_tcp_; }
  [[nodiscard]] std::size_t questions_over_tcp() const noexcept { return over_tcp_; }
  [[nodiscard]] std::size_t questions_for(const std::string& name) const;
  // The ports of the questions over UDP, each once.
  [[nodiscard]] const std::set<std::uint16_t>& ids() const noexcept { return ids_; }
  [[nodiscard]] const std::set<std::uint16_t>& ports() const noexcept { return ports_; }

 private:
  class Stream;
  struct Record {
    std::uint16_t type;
    std::string data;  // in wire format
  };
  struct Question {
    std::uint16_t id;
    std::uint16_t type;
    std::string name;  // lower case, without a last dot
    std::string wire;  // as received
  };
  using Reply = std::function<void(const std::string&)>;

  static std::optional<Question> parse(std::span<const std::byte> message);
  void on_datagram(DatagramSocket& socket, const Datagram& datagram) override;
  void serve(const Question& question, bool over_udp, const Reply& reply);
  [[nodiscard]] std::string answer_to(const Question& question, Manner manner, bool over_udp) const;
  void later(std::chrono::milliseconds by, const std::string& message, const Address& to);

  Loop& loop_;
  std::unique_ptr<DatagramSocket> socket_;
  std::unique_ptr<Listener> listener_;
  Address address_;
  std::multimap<std::string, Record> records_;
  std::map<std::string, Manner> manners_;
  std::map<std::string, std::chrono::milliseconds> delays_;
  std::map<std::string, std::size_t> asked_;
  std::vector<std::unique_ptr<Timer>> timers_;
  std::set<Stream*> streams_;
  std::set<std::uint16_t> ids_;
  std::set<std::uint16_t> ports_;
  std::size_t over_udp_ = 0;
  std::size_t over_tcp_ = 0;
};

}  // namespace sluice::test

#endif
