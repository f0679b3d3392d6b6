#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include "clients.h"
#include "scenario.h"
#include <sluice/connection.h>
#include <sluice/datagram.h>
#include <sluice/endpoint.h>
#include <sluice/listener.h>
#include <sluice/payload.h>
#include <sluice/signals.h>
#include <sluice/timer.h>

namespace sluice::faults {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t kBig = 300'000;
constexpr milliseconds kDrain{4000};
// Not 127.0.0.1, which other tests scan.
constexpr const char* kHost = "127.83.76.1";

std::string big_answer() {
  std::string text(kBig, '\0');
  for (std::size_t i = 0; i < text.size(); ++i) text[i] = static_cast<char>('a' + i * i % 26);
  return text;
}

Fd file_of(const std::string& text) {
  const Exempt exempt;
  Fd file(::memfd_create("answer", MFD_CLOEXEC));
  const ssize_t written = ::write(file.get(), text.data(), text.size());
  if (written != static_cast<ssize_t>(text.size())) std::abort();
  return file;
}

// Lines: "big" is answered with very much, "file" with the same from a file, "bye" is the last,
// others come back.
class Answers final : public Protocol {
 public:
  Answers(Fate& fate, const Payload& big, const Payload& file)
      : fate_(fate), big_(big), file_(file) {}

  void on_open(Connection& /*connection*/) override { ++fate_.opened; }
  std::size_t on_data(Connection& connection, std::span<const std::byte> in) override {
    const std::string_view text(reinterpret_cast<const char*>(in.data()), in.size());
    std::size_t taken = 0;
    for (std::size_t end = text.find('\n'); end != text.npos; end = text.find('\n', taken)) {
      answer(connection, text.substr(taken, end + 1 - taken));
      taken = end + 1;
    }
    return taken;
  }
  void on_close(Connection& /*connection*/, std::error_code reason) override {
    ++fate_.ended;
    fate_.reason = reason;
  }

 private:
  void answer(Connection& connection, std::string_view line) {
    if (line == "big\n") return connection.send(big_);
    if (line == "file\n") return connection.send(file_);
    connection.send(line);
    if (line == "bye\n") connection.close();
  }

  Fate& fate_;
  const Payload& big_;
  const Payload& file_;
};

class EchoDatagrams final : public DatagramHandler {
 public:
  explicit EchoDatagrams(Sighting& seen) : seen_(seen) {}
  void on_datagram(DatagramSocket& socket, const Datagram& datagram) override {
    socket.reply(datagram, datagram.data);
  }
  void on_error(DatagramSocket& /*socket*/, std::error_code error, const Address& /*to*/) override {
    ++seen_.datagram_errors;
    seen_.datagram_error = error;
  }

 private:
  Sighting& seen_;
};

// There is one such socket.
int datagram_descriptor() {
  const Exempt exempt;
  constexpr int kMaxDescriptors = 64;
  for (int fd = 0; fd < kMaxDescriptors; ++fd) {
    int type = 0;
    socklen_t size = sizeof type;
    if (::getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) != 0 || type != SOCK_DGRAM) continue;
    // A listener's spare descriptor is a Unix socket.
    sockaddr_storage address{};
    size = sizeof address;
    const bool known = ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) == 0;
    if (known && address.ss_family != AF_UNIX) return fd;
  }
  return -1;
}

struct Places {
  Address tcp;
  Address unix_file;
  Address udp;
  Fd adopted;  // the client's end
};

// What a client does, and whether it is the one to end.
void converse(Client& client, const std::string& big, bool ends) {
  client.send("hel");
  client.send("lo\n");
  client.expect("hello\n");
  client.send("big\n");
  client.expect(big);
  client.send("file\n");
  client.expect(big);
  if (ends) {
    client.end();
  } else {
    client.send("bye\n");
    client.expect("bye\n");
  }
  client.expect_end();
}

class Crowd {
 public:
  Crowd(Sighting& seen, Places& places) : seen_(seen), places_(places), big_(big_answer()) {}

  void run() {
    // One that is silent until the drain, so that there is one to drain.
    std::optional<Client> silent;
    attempt([&] {
      silent.emplace("silent tcp", places_.tcp);
      silent->send("hello\n");
      silent->expect("hello\n");
    });
    attempt([&] { meet("tcp, ends", places_.tcp, true); });
    attempt([&] { meet("tcp, is left", places_.tcp, false); });
    attempt([&] { meet("unix, ends", places_.unix_file, true); });
    attempt([&] { meet("unix, is left", places_.unix_file, false); });
    attempt([&] {
      Client adopted("adopted", std::move(places_.adopted));
      converse(adopted, big_, false);
    });
    for (const char* question : {"one", "", "three"}) {
      if (!ask(places_.udp, question, question)) ++seen_.lost_datagrams;
    }
    silent_ = std::move(silent);
  }
  // After the drain has begun.
  void finish() {
    if (!silent_ || seen_.clients_failed > 0) return silent_.reset();
    attempt([&] { silent_->expect_end(); });
    silent_.reset();  // else the server lingers for it
  }

 private:
  void meet(const char* name, const Address& server, bool ends) {
    Client client(name, server);
    converse(client, big_, ends);
  }
  void attempt(const std::function<void()>& part) {
    try {
      part();
    } catch (const Unfair& unfair) {
      ++seen_.clients_failed;
      seen_.client_complaint += std::string(unfair.what()) + "; ";
    }
  }

  Sighting& seen_;
  Places& places_;
  const std::string big_;
  std::optional<Client> silent_;
};

// Everything that is set up, in the order in which it goes.
class World {
 public:
  World(Backend backend, Sighting& seen, const std::string& path, Places& places)
      : seen_(seen),
        big_(Payload::copy(big_answer())),
        file_(Payload::file(file_of(big_answer()), 0, kBig)),
        echo_(seen),
        loop_(LoopOptions{.backend = backend, .precise_timers = true}),
        usr1_(loop_, SIGUSR1, [] {}),
        tcp_(loop_, Endpoint(Scheme::tcp, *Address::from_ip(kHost, 0)), factory()),
        unix_(loop_, Endpoint(Scheme::unix_stream, *Address::from_path(path)), factory(),
              unix_options()),
        udp_(loop_, Endpoint::wildcard(Scheme::udp, 0), echo_),
        once_(loop_, [this] { ++once_fate_.ended; }) {
    loop_.set_reporter([](const Report&) {});
    seen.datagrams_at = datagram_descriptor();
    int ends[2];
    {
      const Exempt exempt;
      if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) std::abort();
    }
    places.adopted.reset(ends[0]);
    Fd server_end(ends[1]);
    Connection::adopt(loop_, std::move(server_end),
                      std::make_unique<Answers>(seen_.connections.add(), big_, file_));
    once_.start(milliseconds(1));  // not over before the loop waits
    ++once_fate_.opened;
    loop_.defer([this] { ++deferred_.ended; });
    ++deferred_.opened;
    places.tcp = tcp_.endpoint().address();
    places.unix_file = unix_.endpoint().address();
    places.udp = *Address::from_ip(kHost, udp_.local().address().port());
  }

  void run() {
    loop_.run();
    seen_.turned_away = loop_.counters().refused;
    seen_.turns = loop_.counters().turns;
  }

  // From the clients' thread.
  void post_something() {
    ++posted_.opened;
    loop_.post([this] { ++posted_.ended; });
  }
  void end() {
    loop_.post([this] {
      try {
        loop_.drain(kDrain);
      } catch (const std::bad_alloc&) {
        loop_.drain(kDrain);  // has done nothing by then
      }
    });
  }

 private:
  ProtocolFactory factory() {
    return [this](const Address&) -> ProtocolRef {
      return std::make_unique<Answers>(seen_.connections.add(), big_, file_);
    };
  }
  static ListenerOptions unix_options() {
    ListenerOptions options;
    options.mode = 0600;
    options.max_per_source = 100;
    return options;
  }

  Sighting& seen_;
  Fate& once_fate_ = seen_.one_shots.add();
  Fate& deferred_ = seen_.one_shots.add();
  Fate& posted_ = seen_.one_shots.add();
  const Payload big_;
  const Payload file_;
  EchoDatagrams echo_;
  Loop loop_;
  Signal usr1_;
  Listener tcp_;
  Listener unix_;
  DatagramSocket udp_;
  Timer once_;
};

}  // namespace

void run_serving(Backend backend, Sighting& seen) {
  const std::string path = "/tmp/sluice-faults-" + std::to_string(::getpid());
  Places places;
  std::optional<Crowd> crowd;
  crowd.emplace(seen, places);
  start_counting();
  note_what_it_throws(seen, [&] {
    World world(backend, seen, path, places);
    std::optional<std::thread> clients;
    {
      const Exempt exempt;
      clients.emplace([&] {
        const Exempt from_faults;
        world.post_something();
        crowd->run();
        world.end();
        crowd->finish();
      });
    }
    world.run();
    const Exempt exempt;
    clients->join();
    crowd.reset();
  });
  stop_counting();
  ::unlink(path.c_str());
}

}  // namespace sluice::faults
