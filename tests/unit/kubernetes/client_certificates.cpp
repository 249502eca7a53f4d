#include "tests/unit/kubernetes/client_certificates.h"

#include <memory>
#include <stdexcept>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

namespace ebbgate::kubernetes::testing {
namespace {

using Bio = std::unique_ptr<BIO, decltype(&BIO_free)>;
using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using Certificate = std::unique_ptr<X509, decltype(&X509_free)>;

std::string text_of(const Bio& bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return {data, static_cast<std::size_t>(size)};
}

void add_extension(X509* certificate, X509V3_CTX* context, int id, const std::string& value) {
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, context, id, value.c_str());
  if (extension == nullptr) throw std::runtime_error("no such certificate extension");
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

// Signed by `authority`, or by itself where there is none.
Issued make(const std::string& common_name, const std::string& alternative_names,
            const Issued* authority) {
  static long serial = 1;
  const Key key(EVP_EC_gen("P-256"), &EVP_PKEY_free);
  const Certificate certificate(X509_new(), &X509_free);
  X509_set_version(certificate.get(), 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), ++serial);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -3600);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 86400);
  X509_set_pubkey(certificate.get(), key.get());
  X509_NAME* name = X509_get_subject_name(certificate.get());
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(common_name.c_str()), -1, -1,
                             0);
  Certificate issuer(nullptr, &X509_free);
  Key issuer_key(nullptr, &EVP_PKEY_free);
  if (authority != nullptr) {
    const Bio in(BIO_new_mem_buf(authority->certificate_pem.data(), -1), &BIO_free);
    issuer.reset(PEM_read_bio_X509(in.get(), nullptr, nullptr, nullptr));
    const Bio key_in(BIO_new_mem_buf(authority->key_pem.data(), -1), &BIO_free);
    issuer_key.reset(PEM_read_bio_PrivateKey(key_in.get(), nullptr, nullptr, nullptr));
  }
  X509* signer = issuer ? issuer.get() : certificate.get();
  X509_set_issuer_name(certificate.get(), X509_get_subject_name(signer));
  X509V3_CTX context;
  X509V3_set_ctx(&context, signer, certificate.get(), nullptr, nullptr, 0);
  add_extension(certificate.get(), &context, NID_basic_constraints,
                authority == nullptr ? "critical,CA:TRUE" : "CA:FALSE");
  if (!alternative_names.empty()) {
    add_extension(certificate.get(), &context, NID_subject_alt_name, alternative_names);
  }
  X509_sign(certificate.get(), issuer_key ? issuer_key.get() : key.get(), EVP_sha256());

  const Bio certificate_out(BIO_new(BIO_s_mem()), &BIO_free);
  PEM_write_bio_X509(certificate_out.get(), certificate.get());
  const Bio key_out(BIO_new(BIO_s_mem()), &BIO_free);
  PEM_write_bio_PrivateKey(key_out.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  return {text_of(certificate_out), text_of(key_out)};
}

}  // namespace

Authority::Authority(const std::string& name) : own_(make(name, "", nullptr)) {}

Issued Authority::issue(const std::string& common_name,
                        const std::string& alternative_names) const {
  return make(common_name, alternative_names, &own_);
}

}  // namespace ebbgate::kubernetes::testing
