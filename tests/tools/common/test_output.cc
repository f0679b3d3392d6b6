// The standard output as a part of the loop.
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <string>

#include <criterion/criterion.h>

#include "tools/common/output.h"
#include <sluice/fd.h>
#include <sluice/loop.h>

using sluice::Fd;
using sluice::Loop;
using sluice::tools::Output;

namespace {

struct Pipe {
  Fd reader;
  Fd writer;
  Pipe() {
    std::array<int, 2> ends{};
    cr_assert(::pipe(ends.data()) == 0);
    reader.reset(ends[0]);
    writer.reset(ends[1]);
  }
  std::string read(std::size_t most = 1 << 20) const {
    std::string bytes(most, '\0');
    const ssize_t count = ::read(reader.get(), bytes.data(), bytes.size());
    bytes.resize(count < 0 ? 0 : static_cast<std::size_t>(count));
    return bytes;
  }
};

struct Written {
  Loop loop;
  Pipe pipe;
  int drained = 0;
  std::error_code error;
  Output output{loop, pipe.writer.get(), [this] { ++drained; },
                [this](std::error_code e) { error = e; }};
};

}  // namespace

Test(output, what_a_turn_brings_goes_out_together) {
  Written written;
  written.output.write("a");
  written.output.write("b\n");
  cr_expect(!written.output.empty());
  written.loop.run_once();
  cr_expect(written.output.empty());
  cr_expect(written.drained == 1);
  cr_expect(written.pipe.read() == "ab\n");
}

Test(output, a_reader_that_does_not_read_holds_nothing_up) {
  Written written;
  const std::string much(Output::kHighWater * 2, 'x');
  written.output.write(much);
  cr_expect(written.output.full());
  for (int i = 0; i < 5; ++i) written.loop.poll();  // a blocking write would never return
  cr_expect(!written.output.empty());
  cr_expect(written.drained == 0);
  std::string got;
  while (got.size() < much.size()) {
    got += written.pipe.read();
    written.loop.poll();
  }
  cr_expect(got == much);
  cr_expect(written.drained == 1);
  cr_expect(!written.output.full());
}

Test(output, the_descriptor_keeps_its_flags) {
  Written written;
  const int before = ::fcntl(written.pipe.writer.get(), F_GETFL);
  written.output.write("a");
  written.loop.run_once();
  cr_expect(::fcntl(written.pipe.writer.get(), F_GETFL) == before);
}

Test(output, a_failure_is_told_once_and_the_rest_is_dropped) {
  Loop loop;
  const Fd full(::open("/dev/full", O_WRONLY));
  cr_assert(full.get() >= 0);
  int failures = 0;
  std::error_code error;
  Output output(
      loop, full.get(), [] {},
      [&](std::error_code e) {
        ++failures;
        error = e;
      });
  output.write("a");
  loop.run_once();
  output.write("b");
  loop.poll();
  cr_expect(failures == 1);
  cr_expect(error == std::errc::no_space_on_device);
  cr_expect(output.empty());
}

Test(output, a_file_takes_everything) {
  Loop loop;
  std::string name = "/tmp/sluice-output-XXXXXX";
  const Fd file(::mkstemp(name.data()));
  ::unlink(name.c_str());
  int drained = 0;
  Output output(
      loop, file.get(), [&] { ++drained; }, [](std::error_code) { cr_assert(false); });
  output.write(std::string(1'000'000, 'x'));
  loop.run_once();
  cr_expect(drained == 1);
  cr_expect(::lseek(file.get(), 0, SEEK_END) == 1'000'000);
}

Test(output, a_large_text_goes_out_at_once_as_far_as_the_reader_takes_it) {
  Written written;
  const int before = ::fcntl(written.pipe.writer.get(), F_GETFL);
  const std::string much(std::size_t{1} << 20, 'x');
  written.output.write(much);
  std::string got = written.pipe.read();  // no turn has passed
  cr_expect(got.size() > 4096 && got.size() < much.size());
  while (got.size() < much.size()) {
    written.loop.poll();
    got += written.pipe.read();
  }
  cr_expect(got == much);
  while (written.drained == 0) written.loop.run_once();
  cr_expect(::fcntl(written.pipe.writer.get(), F_GETFL) == before);
}

Test(output, texts_keep_their_order_whatever_their_sizes) {
  Written written;
  std::string want;
  std::string got;
  for (int i = 0; i < 20; ++i) {
    const std::string text(i % 3 == 0 ? 40'000 : 10, static_cast<char>('a' + i));
    written.output.write(text);
    want += text;
  }
  while (got.size() < want.size()) {
    written.loop.poll();
    got += written.pipe.read();
  }
  cr_expect(got == want);
}

Test(output, a_socket_is_not_waited_for) {
  std::array<int, 2> ends{};
  cr_assert(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()) == 0);
  const Fd reader(ends[0]);
  const Fd writer(ends[1]);
  Loop loop;
  Output output(
      loop, writer.get(), [] {}, [](std::error_code) { cr_assert(false); });
  const std::string much(4'000'000, 'x');
  output.write(much);  // a blocking write would never return
  std::string bytes(much.size(), '\0');
  std::size_t got = 0;
  while (got < much.size()) {
    loop.poll();
    const ssize_t count = ::recv(reader.get(), bytes.data(), bytes.size(), MSG_DONTWAIT);
    if (count > 0) got += static_cast<std::size_t>(count);
  }
  cr_expect(got == much.size());
}
