// Connections of pipes, terminals and sockets.
#include <fcntl.h>
#include <pty.h>
#include <unistd.h>

#include <csignal>
#include <string>

#include <criterion/criterion.h>

#include "support/backend.h"
#include "support/streams.h"
#include <sluice/pipe_connection.h>

using namespace sluice;
using namespace sluice::test;

TestSuite(pipe_connection, .timeout = 60);

namespace {

struct TestPipe {
  Fd read_end;
  Fd write_end;
  TestPipe() {
    int ends[2];
    cr_assert(::pipe2(ends, O_CLOEXEC) == 0);
    read_end = Fd(ends[0]);
    write_end = Fd(ends[1]);
  }
};

std::string read_now(const Fd& from) {
  char bytes[65536];
  const ssize_t count = ::read(from.get(), bytes, sizeof bytes);
  return count > 0 ? std::string(bytes, static_cast<std::size_t>(count)) : std::string();
}

}  // namespace

Test(pipe_connection, delivers_what_is_written_into_a_pipe_and_its_end) {
  Handler handler;
  Loop loop(backend_options());
  TestPipe pipe;
  adopt_pipe(loop, std::move(pipe.read_end), handler);
  cr_expect(handler.journal == "open");
  cr_assert(::write(pipe.write_end.get(), "hello", 5) == 5);
  turn_until(loop, [&] { return handler.input == "hello"; });
  pipe.write_end.reset();
  turn_until(loop, [&] { return handler.closes == 1; });
  cr_expect(handler.journal == "open data eof close:closed in order", "%s",
            handler.journal.c_str());
}

Test(pipe_connection, writes_its_queue_and_closes_the_pipe_at_once_after_it) {
  for (const bool half : {false, true}) {
    Handler handler;
    Loop loop(backend_options());
    TestPipe pipe;
    Connection& connection = adopt_pipe(loop, std::move(pipe.write_end), handler);
    const std::string text(200'000, 'y');
    connection.send(text);
    half ? connection.shutdown() : connection.close();
    set_nonblocking_cloexec(pipe.read_end.get());
    std::string received;
    turn_until(loop, [&] { return received += read_now(pipe.read_end), handler.closes == 1; });
    received += read_now(pipe.read_end);
    cr_expect(received == text);
    char byte;
    cr_expect(::read(pipe.read_end.get(), &byte, 1) == 0, "the end");
    cr_expect(!handler.last_reason);
    cr_expect(handler.journal.find("eof") == std::string::npos);
  }
}

Test(pipe_connection, reports_a_reader_that_went_away_and_raises_no_signal) {
  std::signal(SIGPIPE, SIG_DFL);
  Handler handler;
  Loop loop(backend_options());
  TestPipe pipe;
  Connection& connection = adopt_pipe(loop, std::move(pipe.write_end), handler);
  pipe.read_end.reset();
  connection.send("to nobody");
  turn_until(loop, [&] { return handler.closes == 1; });
  cr_expect(handler.last_reason == std::error_code(EPIPE, std::generic_category()));
}

Test(pipe_connection, reads_and_writes_a_terminal_and_leaves_its_flags_alone) {
  Handler handler;
  Loop loop(backend_options());
  int master = -1;
  int slave = -1;
  cr_assert(::openpty(&master, &slave, nullptr, nullptr, nullptr) == 0);
  const Fd keyboard(master);
  const Fd shared(slave);
  const int flags = ::fcntl(slave, F_GETFL);
  Connection& connection = adopt_pipe(loop, Fd(::dup(slave)), handler);
  cr_expect(::fcntl(slave, F_GETFL) == flags);
  cr_assert(::write(master, "typed\n", 6) == 6);
  turn_until(loop, [&] { return handler.input == "typed\n"; });
  connection.send("shown");
  set_nonblocking_cloexec(master);
  std::string screen;
  turn_until(loop, [&] {
    screen += read_now(keyboard);
    return screen.find("shown") != std::string::npos;
  });
  connection.close();
  turn_until(loop, [&] { return handler.closes == 1; });
  cr_expect(!handler.last_reason);
}

Test(pipe_connection, is_an_ordinary_connection_of_a_socket) {
  Handler handler;
  Loop loop(backend_options());
  Pair pair = unix_pair();
  const Connection& connection = adopt_pipe(loop, std::move(pair.ours), handler);
  cr_expect(connection.transport() == nullptr);
}

Test(pipe_connection, rejects_what_is_no_stream) {
  Loop loop(backend_options());
  Handler handler;
  for (const auto& [fd, wanted] :
       {std::pair(::open("/dev/null", O_RDWR), EINVAL),
        std::pair(::open("/etc/passwd", O_RDONLY), EINVAL), std::pair(-1, EBADF)}) {
    int error = 0;
    try {
      adopt_pipe(loop, Fd(fd), handler);
    } catch (const std::system_error& failure) {
      error = failure.code().value();
    }
    cr_expect(error == wanted, "%d", error);
  }
  cr_expect(handler.journal.empty());
}
