#include "net/http_transport.h"

#include <algorithm>
#include <cstdint>
#include <utility>

namespace ebbgate::net {
namespace {

// How much memory an announced length may claim before anything came.
constexpr std::size_t kMostReserved = std::size_t{4} * 1024 * 1024;

bool is_success(int status) {
  return status >= 200 && status < 300;
}

}  // namespace

// What httplib reads from and writes to.
class HttpTransport::Stream final : public httplib::Stream {
 public:
  Stream(ByteStream& bytes, AnswerReader& reader) : bytes_(bytes), reader_(reader) {}
  bool is_readable() const override { return true; }
  bool is_writable() const override { return true; }
  ssize_t read(char* into, std::size_t size) override { return reader_.read(into, size); }
  ssize_t write(const char* from, std::size_t size) override {
    return bytes_.write(from, size) ? static_cast<ssize_t>(size) : -1;
  }
  void get_remote_ip_and_port(std::string&, int&) const override {}
  void get_local_ip_and_port(std::string&, int&) const override {}
  int socket() const override { return bytes_.socket(); }

 private:
  ByteStream& bytes_;
  AnswerReader& reader_;
};

HttpTransport::HttpTransport(Endpoint endpoint, std::shared_ptr<const Tls> tls,
                             const Waiter& waiter)
    : httplib::ClientImpl(endpoint.host, endpoint.port),
      endpoint_(std::move(endpoint)),
      tls_(std::move(tls)),
      waiter_(waiter),
      bytes_(waiter) {
  set_keep_alive(true);
  set_url_encode(false);
  set_decompress(false);
}

HttpTransport::~HttpTransport() {
  stop();  // while shutdown_ssl() is still ours
}

bool HttpTransport::create_and_connect_socket(Socket& socket, httplib::Error& error) {
  error = httplib::Error::Connection;
  auto dialed = dial(endpoint_, waiter_, deadline_);
  if (auto* failure = std::get_if<Failure>(&dialed)) {
    connect_failure_ = std::move(*failure);
    return false;
  }
  Descriptor descriptor = std::move(std::get<Descriptor>(dialed));
  TlsSession session;
  if (tls_) {
    const BootTime until = std::min(deadline_, BootClock::now() + kConnectTime);
    auto connected = tls_->connect(descriptor.get(), certificate_.get(), waiter_, until);
    if (auto* failure = std::get_if<Failure>(&connected)) {
      connect_failure_ = std::move(*failure);
      return false;
    }
    session = std::move(std::get<TlsSession>(connected));
  }
  socket.sock = descriptor.get();
  bytes_.open(std::move(descriptor), std::move(session));
  error = httplib::Error::Success;
  return true;
}

void HttpTransport::shutdown_ssl(Socket& socket, bool) {
  // The descriptor is ours to close; httplib finds none.
  bytes_.close();
  socket.sock = INVALID_SOCKET;
}

bool HttpTransport::process_socket(const Socket&, std::function<bool(httplib::Stream&)> use) {
  bytes_.begin_request();
  AnswerReader reader(bytes_);
  Stream stream(bytes_, reader);
  reader_ = &reader;
  const bool done = use(stream);
  reader_ = nullptr;
  passed_bound_ = reader.passed_bound();
  beginning_ = reader.beginning();
  return done;
}

// No head came, or none that is one.
Failure HttpTransport::why_no_answer() const {
  const auto& failure = bytes_.failure();
  if (failure && failure->kind != Failure::Kind::broken) return *failure;
  switch (beginning_) {
    case AnswerReader::Beginning::nothing:
      return {Failure::Kind::no_answer,
              failure ? failure->text : std::string("the server closed the connection")};
    case AnswerReader::Beginning::tls:
      return {Failure::Kind::tls_expected, "the server speaks TLS"};
    case AnswerReader::Beginning::other:
      return {Failure::Kind::not_http, "the answer is not HTTP"};
    case AnswerReader::Beginning::http:
      break;
  }
  return failure ? *failure
                 : Failure{Failure::Kind::not_http, "the answer is not HTTP as it should be"};
}

HttpTransport::Exchange HttpTransport::exchange(
    const httplib::Request& request, const std::shared_ptr<const ClientCertificate>& certificate,
    BootTime deadline, const Streaming* streaming, const Bounds& bounds) {
  if (bytes_.is_open() && (certificate != certificate_ || bytes_.is_stale())) stop();
  certificate_ = certificate;
  deadline_ = deadline;
  const bool kept_alive = bytes_.is_open();
  Exchange result = attempt(request, deadline, streaming, bounds);
  // A kept-alive connection may close between the look at it and the first byte.
  if (kept_alive && result.end == Exchange::End::not_sent && !waiter_.interrupted()) {
    stop();
    result = attempt(request, deadline, streaming, bounds);
  }
  return result;
}

HttpTransport::Exchange HttpTransport::attempt(const httplib::Request& original, BootTime deadline,
                                               const Streaming* streaming, const Bounds& bounds) {
  Exchange result;
  result.response.status = -1;
  if (waiter_.interrupted()) {
    result.failure = {Failure::Kind::interrupted, "interrupted"};
    return result;
  }
  // A credential may have taken its time; what is sent now may be answered too late.
  if (BootClock::now() >= deadline) {
    result.failure = {Failure::Kind::late, "its deadline passed before it could be sent"};
    return result;
  }
  connect_failure_.reset();
  passed_bound_ = false;
  beginning_ = AnswerReader::Beginning::nothing;
  bytes_.limit(deadline, Duration::zero());
  bytes_.begin_request();
  int status = -1;
  bool to_receiver = false;
  bool refused = false;
  bool too_long = false;
  std::string& body = result.response.body;
  httplib::Request request = original;
  request.response_handler = [&](const httplib::Response& head) {
    status = head.status;
    if (streaming != nullptr) {
      streaming->answered(status);
      to_receiver = is_success(status);
      if (to_receiver) bytes_.limit(deadline, streaming->silence);
    }
    const auto length = head.get_header_value<std::uint64_t>("Content-Length");
    if (!to_receiver) body.reserve(std::min<std::uint64_t>(length, kMostReserved));
    return true;
  };
  request.content_receiver = [&](const char* data, std::size_t size, std::uint64_t, std::uint64_t) {
    reader_->handed_on();
    if (to_receiver) {
      refused = !(*streaming->receive)({data, size});
      return !refused;
    }
    const std::size_t most = is_success(status) ? bounds.body : bounds.error_body;
    const std::size_t room = most - std::min(most, body.size());
    body.append(data, std::min(size, room));
    too_long = size > room;
    return !too_long;
  };
  auto error = httplib::Error::Success;
  const bool whole = send(request, result.response, error);
  if (whole || (too_long && !is_success(status))) {
    result.end = Exchange::End::whole;
    return result;
  }
  const bool stranger = status < 0 && (beginning_ == AnswerReader::Beginning::tls ||
                                       beginning_ == AnswerReader::Beginning::other);
  if (connect_failure_) {
    result.failure = *connect_failure_;
  } else if (stranger) {
    result.failure = why_no_answer();
  } else if (too_long) {
    result.failure = {Failure::Kind::too_long, "the answer is longer than may be"};
  } else if (passed_bound_) {
    result.failure = {Failure::Kind::too_long,
                      "the answer is longer than may be: it has more than " +
                          std::to_string(AnswerReader::kMostBetween / 1024) +
                          " KiB of headers, or beside its body"};
  } else if (status < 0 && bytes_.sent() > 0) {
    result.failure = why_no_answer();
  } else if (bytes_.failure()) {
    result.failure = *bytes_.failure();
  } else {
    result.failure = {Failure::Kind::not_http, "the answer is not HTTP as it should be"};
  }
  if (refused) {
    result.end = Exchange::End::refused_by_receiver;
  } else if (too_long) {
    result.end = Exchange::End::too_long;
  } else if (!connect_failure_ && bytes_.sent() > 0) {
    result.end = Exchange::End::broken;
  }
  return result;
}

}  // namespace ebbgate::net
