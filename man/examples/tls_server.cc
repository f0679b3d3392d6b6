// Shows a browser, or curl, the request that it has sent. A SIGHUP makes it
// read the files again, as after the certificate was renewed.
//
// Usage: tls_server tcp://ADDRESS:PORT CERTIFICATE KEY
#include <csignal>
#include <cstdio>
#include <exception>
#include <string>
#include <string_view>

#include <sluice/connection.h>
#include <sluice/listener.h>
#include <sluice/loop.h>
#include <sluice/signals.h>
#include <sluice/tls_server.h>
#include <sluice/tls_transport.h>

namespace {

class Mirror final : public sluice::Protocol {
  std::size_t on_data(sluice::Connection& connection,
                      std::span<const std::byte> in) override {
    const std::string_view text(reinterpret_cast<const char*>(in.data()),
                                in.size());
    const std::size_t end = text.find("\r\n\r\n");
    if (end == text.npos) return 0;  // not the whole request yet
    const auto* tls = sluice::TlsTransport::of(connection);
    connection.send("HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\n");
    connection.send(tls->version());
    connection.send(" for ");
    connection.send(tls->sni());
    connection.send("\n");
    connection.send(text.substr(0, end + 2));
    connection.close();
    return in.size();
  }
};

sluice::TlsServer load(const char* certificate, const char* key) {
  sluice::TlsServerOptions options;
  options.certificates.push_back(
      sluice::TlsCertificate::from_files(certificate, key));
  options.alpn = {"http/1.1"};
  return sluice::TlsServer(options);
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc != 4) throw std::runtime_error("three arguments, please");
  Mirror mirror;
  sluice::TlsServerSlot slot(load(argv[2], argv[3]));
  sluice::Loop loop;
  sluice::ListenerOptions options;
  options.connection.transport = slot.transport();
  options.connection.input_limit = 16 * 1024;
  const sluice::Listener listener(loop, sluice::Endpoint::from(argv[1]),
                                  mirror, options);
  const sluice::Signal hang_up(loop, SIGHUP, [&] {
    try {
      slot.replace(load(argv[2], argv[3]));
      std::puts("renewed");
    } catch (const std::exception& error) {  // the old one goes on
      std::printf("not renewed: %s\n", error.what());
    }
    std::fflush(stdout);
  });
  const sluice::Signal terminate(
      loop, SIGTERM, [&] { loop.drain(std::chrono::seconds(5)); });
  std::printf("listening %s\n", listener.endpoint().to_string().c_str());
  std::fflush(stdout);
  loop.run();
} catch (const std::exception& error) {
  std::fprintf(stderr, "tls_server: %s\n", error.what());
  return 1;
}
