#include "tls_bio.h"

#include <openssl/err.h>

#include <cerrno>
#include <new>

namespace sluice {

namespace {

TlsWire& state_of(BIO* bio) { return *static_cast<TlsWire*>(BIO_get_data(bio)); }

// No exception may pass through OpenSSL; a stream in memory may have no memory left.
template <class Call>
IoResult contained(Call call) noexcept {
  try {
    return call();
  } catch (...) {
    return IoResult::failed(ENOMEM);
  }
}

int finish(BIO* bio, const IoResult& result, std::size_t& bytes) {
  TlsWire& state = state_of(bio);
  BIO_clear_retry_flags(bio);
  bytes = result.bytes;
  switch (result.status) {
    case IoResult::Status::done:
      return 1;
    case IoResult::Status::want_read:
      BIO_set_retry_read(bio);
      return 0;
    case IoResult::Status::want_write:
      BIO_set_retry_write(bio);
      return 0;
    case IoResult::Status::end:
      state.ended = true;
      return 0;
    case IoResult::Status::failed:
      state.error = result.error.value();
      return 0;
  }
  return 0;
}

int read_wire(BIO* bio, char* into, std::size_t size, std::size_t* bytes) {
  if (size == 0) return 0;
  const auto room = std::as_writable_bytes(std::span(into, size));
  return finish(bio, contained([&] { return state_of(bio).wire.read(room); }), *bytes);
}

int write_wire(BIO* bio, const char* from, std::size_t size, std::size_t* bytes) {
  const auto block = std::as_bytes(std::span(from, size));
  return finish(bio, contained([&] { return state_of(bio).wire.write(block); }), *bytes);
}

long control(BIO* bio, int command, long /*number*/, void* /*data*/) {
  if (command == BIO_CTRL_FLUSH) return 1;  // nothing is held back
  if (command == BIO_CTRL_EOF) return state_of(bio).ended ? 1 : 0;
  return 0;
}

BIO_METHOD* make_method() {
  BIO_METHOD* method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "sluice wire");
  if (method == nullptr) throw std::bad_alloc();
  BIO_meth_set_read_ex(method, read_wire);
  BIO_meth_set_write_ex(method, write_wire);
  BIO_meth_set_ctrl(method, control);
  return method;
}

}  // namespace

BioHandle make_bio(TlsWire& state) {
  static BIO_METHOD* const method = make_method();  // as long as the process
  BioHandle bio(BIO_new(method));
  if (bio == nullptr) {
    ERR_clear_error();
    throw std::bad_alloc();
  }
  BIO_set_data(bio.get(), &state);
  BIO_set_init(bio.get(), 1);
  return bio;
}

}  // namespace sluice
