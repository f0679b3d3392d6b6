// Listening on Unix sockets: the socket file before, during and after.
#include <sys/stat.h>

#include <cerrno>
#include <fstream>
#include <memory>
#include <string>
#include <system_error>

#include <criterion/criterion.h>

#include "support/addresses.h"
#include "support/backend.h"
#include "support/scratch.h"
#include "support/streams.h"
#include <sluice/listener.h>

using namespace sluice;
using namespace sluice::test;

namespace {

Endpoint at(const std::string& file) { return Endpoint::from("unix://" + file); }

// What a killed process leaves behind: a socket file on which no process listens.
void leave_stale(const std::string& file) {
  const Fd fd(::socket(AF_UNIX, SOCK_STREAM, 0));
  const Address address = path(file);
  cr_assert(::bind(fd.get(), address.data(), address.size()) == 0);
}

std::string error_of_listening(Loop& loop, const std::string& file, int& code) {
  Handler handler;
  try {
    const Listener listener(loop, at(file), handler);
  } catch (const std::system_error& error) {
    code = error.code().value();
    return error.what();
  }
  code = 0;
  return "";
}

}  // namespace

Test(listener_unix, serves_the_same_handler_as_over_tcp) {
  const Scratch scratch;
  Handler handler;
  handler.data = [](Connection& connection, std::string_view text) {
    cr_expect(connection.peer().is_unix());
    connection.send(text);
    return text.size();
  };
  Loop loop(backend_options());
  const Listener listener(loop, at(scratch / "s"), handler);
  cr_expect(listener.endpoint() == at(scratch / "s"));
  Peer peer(path(scratch / "s"));
  peer.send("hello");
  cr_expect(peer.receive(loop, 5) == "hello");
  peer.end();
  cr_expect(peer.receive_all(loop).empty());
}

Test(listener_unix, replaces_a_stale_file) {
  const Scratch scratch;
  leave_stale(scratch / "s");
  Handler handler;
  Loop loop(backend_options());
  const Listener listener(loop, at(scratch / "s"), handler);
  Peer peer(path(scratch / "s"));
  turn_until(loop, [&] { return loop.counters().accepted == 1; });
}

Test(listener_unix, does_not_replace_a_live_socket) {
  const Scratch scratch;
  Handler handler;
  Loop loop(backend_options());
  const Listener first(loop, at(scratch / "s"), handler);
  int code = 0;
  const std::string what = error_of_listening(loop, scratch / "s", code);
  cr_expect(code == EADDRINUSE);
  cr_expect(what.find(scratch / "s") != std::string::npos, "%s", what.c_str());
  Peer peer(path(scratch / "s"));
  turn_until(loop, [&] { return first.connections() == 1; });
}

Test(listener_unix, does_not_replace_a_live_socket_with_a_full_backlog) {
  const Scratch scratch;
  Handler handler;
  Loop loop(backend_options());
  ListenerOptions options;
  options.backlog = 1;
  const Listener first(loop, at(scratch / "s"), handler, options);
  std::vector<Fd> waiting;
  const Address address = path(scratch / "s");
  for (;;) {
    waiting.emplace_back(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0));
    if (::connect(waiting.back().get(), address.data(), address.size()) != 0) break;
  }
  int code = 0;
  (void)error_of_listening(loop, scratch / "s", code);
  cr_expect(code == EADDRINUSE);
  cr_expect(exists(scratch / "s"));
}

Test(listener_unix, does_not_replace_a_file_that_is_not_a_socket) {
  const Scratch scratch;
  std::ofstream(scratch / "s") << "precious";
  Loop loop(backend_options());
  int code = 0;
  const std::string what = error_of_listening(loop, scratch / "s", code);
  cr_expect(code == EEXIST);
  cr_expect(what.find("not a socket") != std::string::npos, "%s", what.c_str());
  std::string kept;
  std::ifstream(scratch / "s") >> kept;
  cr_expect(kept == "precious");
}

Test(listener_unix, does_not_replace_a_directory) {
  const Scratch scratch;
  cr_assert(::mkdir((scratch / "s").c_str(), 0700) == 0);
  Loop loop(backend_options());
  int code = 0;
  (void)error_of_listening(loop, scratch / "s", code);
  cr_expect(code == EEXIST);
  cr_expect(exists(scratch / "s"));
}

Test(listener_unix, throws_if_the_directory_does_not_exist) {
  const Scratch scratch;
  Loop loop(backend_options());
  int code = 0;
  const std::string what = error_of_listening(loop, scratch / "no/s", code);
  cr_expect(code == ENOENT);
  cr_expect(what.find("bind") != std::string::npos, "%s", what.c_str());
}

Test(listener_unix, gives_the_file_the_requested_mode) {
  const Scratch scratch;
  Handler handler;
  Loop loop(backend_options());
  for (const mode_t mode : {0600, 0660, 0666}) {
    ListenerOptions options;
    options.mode = mode;
    const Listener listener(loop, at(scratch / "s"), handler, options);
    cr_expect(mode_of(scratch / "s") == mode);
  }
}

Test(listener_unix, removes_its_file_when_it_is_closed) {
  const Scratch scratch;
  Handler handler;
  Loop loop(backend_options());
  Listener listener(loop, at(scratch / "s"), handler);
  cr_assert(exists(scratch / "s"));
  listener.close();
  cr_expect(not exists(scratch / "s"));
}

Test(listener_unix, removes_its_file_when_it_is_destroyed) {
  const Scratch scratch;
  Handler handler;
  Loop loop(backend_options());
  { const Listener listener(loop, at(scratch / "s"), handler); }
  cr_expect(not exists(scratch / "s"));
}

Test(listener_unix, does_not_remove_the_file_of_a_successor) {
  const Scratch scratch;
  Handler handler;
  Loop loop(backend_options());
  auto first = std::make_unique<Listener>(loop, at(scratch / "s"), handler);
  cr_assert(::unlink((scratch / "s").c_str()) == 0);
  const Listener second(loop, at(scratch / "s"), handler);
  first.reset();
  cr_expect(exists(scratch / "s"));
  Peer peer(path(scratch / "s"));
  turn_until(loop, [&] { return second.connections() == 1; });
}

Test(listener_unix, does_not_count_sources) {
  const Scratch scratch;
  Handler handler;
  Loop loop(backend_options());
  ListenerOptions options;
  options.max_per_source = 1;
  const Listener listener(loop, at(scratch / "s"), handler, options);
  Peer first(path(scratch / "s"));
  Peer second(path(scratch / "s"));
  turn_until(loop, [&] { return listener.connections() == 2; });
}

Test(listener_unix, listens_on_a_relative_path) {
  const Scratch scratch;
  cr_assert(::chdir((scratch / "").c_str()) == 0);
  Handler handler;
  Loop loop(backend_options());
  const Listener listener(loop, at("s"), handler);
  Peer peer(path(scratch / "s"));
  turn_until(loop, [&] { return listener.connections() == 1; });
}
