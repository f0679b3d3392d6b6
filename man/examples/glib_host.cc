// Runs in the main loop of GLib, together with the host's own sources.
#include <glib-unix.h>
#include <sys/socket.h>

#include <cstdio>
#include <exception>
#include <string>

#include <sluice/connection.h>
#include <sluice/loop.h>
#include <sluice/timer.h>

using sluice::Connection;
using namespace std::chrono_literals;

namespace {

// The loop has something to do.
gboolean on_ready(gint, GIOCondition, gpointer loop) {
  static_cast<sluice::Loop*>(loop)->poll();
  return G_SOURCE_CONTINUE;
}

// A source of the host closes the connection.
gboolean on_timeout(gpointer connection) {
  std::puts("the host's timeout");
  auto* open = static_cast<Connection*>(connection);
  open->close();
  open->loop().poll();  // because it was used outside of its callbacks
  return G_SOURCE_REMOVE;
}

class Talker final : public sluice::Protocol {
 public:
  explicit Talker(GMainLoop* host) : host_(host) {}
  std::size_t on_data(Connection&, std::span<const std::byte> in) override {
    const auto* chars = reinterpret_cast<const char*>(in.data());
    std::printf("received: %s\n", std::string(chars, in.size()).c_str());
    return in.size();
  }
  void on_close(Connection&, std::error_code) override {
    std::puts("closed");
    g_main_loop_quit(host_);
  }

 private:
  GMainLoop* host_;
};

}  // namespace

int main() try {
  GMainLoop* host = g_main_loop_new(nullptr, FALSE);
  {
    Talker talker(host);
    sluice::Loop loop;
    const guint source =
        g_unix_fd_add(loop.wait_handle(), G_IO_IN, on_ready, &loop);

    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0) return 1;
    const sluice::Fd other(ends[1]);
    sluice::ConnectionOptions options;
    options.linger_timeout = 0s;  // its peer never ends
    auto& connection =
        Connection::adopt(loop, sluice::Fd(ends[0]), talker, options);
    sluice::Timer timer(loop, [&other] {
      std::puts("a timer of sluice");
      (void)!::send(other.get(), "hello", 5, MSG_NOSIGNAL);
    });
    timer.start(50ms);
    g_timeout_add(200, on_timeout, &connection);

    loop.poll();  // after it has been set up
    g_main_loop_run(host);
    g_source_remove(source);
  }
  g_main_loop_unref(host);
} catch (const std::exception& error) {
  std::fprintf(stderr, "glib_host: %s\n", error.what());
  return 1;
}
