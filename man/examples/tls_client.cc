// Asks an HTTPS server for a page, and checks that it is the server of NAME.
//
// Usage: tls_client ADDRESS PORT NAME [ROOTS]
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <memory>
#include <string>

#include <sluice/connection.h>
#include <sluice/connector.h>
#include <sluice/loop.h>
#include <sluice/tls_client.h>
#include <sluice/tls_transport.h>

namespace {

class Request final : public sluice::Protocol {
 public:
  explicit Request(std::string host) : host_(std::move(host)) {}

 private:
  void on_open(sluice::Connection& connection) override {
    const auto* tls = sluice::TlsTransport::of(connection);
    std::printf("%s with %s\n", std::string(tls->version()).c_str(),
                tls->peer_name().c_str());
    connection.send("GET / HTTP/1.0\r\nHost: " + host_ + "\r\n\r\n");
  }
  std::size_t on_data(sluice::Connection&,
                      std::span<const std::byte> in) override {
    std::fwrite(in.data(), 1, in.size(), stdout);
    return in.size();
  }
  void on_close(sluice::Connection& connection,
                std::error_code reason) override {
    // Also a handshake that failed, and an answer that was cut off.
    if (reason) std::printf("%s\n", reason.message().c_str());
    connection.loop().stop();
  }

  const std::string host_;
};

}  // namespace

int main(int argc, char** argv) try {
  if (argc < 4) throw std::runtime_error("three arguments, please");
  const auto port = static_cast<std::uint16_t>(std::atoi(argv[2]));
  const auto address = sluice::Address::from_ip(argv[1], port);
  if (!address) throw std::runtime_error("not an address");
  sluice::TlsClientOptions settings;
  if (argc > 4) settings.ca = sluice::read_pem(argv[4]);
  const sluice::TlsClient tls(settings);

  sluice::Loop loop;
  sluice::ConnectorOptions options;
  options.connection.transport = tls.transport(argv[3]);
  sluice::Connector connector(loop, options);
  connector.start(
      {*address},
      [&](const sluice::Address&) {
        return sluice::ProtocolRef(std::make_unique<Request>(argv[3]));
      },
      [&](const sluice::ConnectError& error) {
        std::printf("%s\n", error.message().c_str());
        loop.stop();
      });
  loop.run();
} catch (const std::exception& error) {
  std::fprintf(stderr, "tls_client: %s\n", error.what());
  return 1;
}
