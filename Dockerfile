# Two stages: the program is built with the whole toolchain and runs without it, as a user of its own.
FROM rust:1.95.0-bookworm AS build
WORKDIR /source
COPY . .
RUN cargo build --locked --profile dist --bin signline

FROM debian:bookworm-slim
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --create-home --home-dir /var/lib/signline signline
COPY --from=build /source/target/dist/signline /usr/local/bin/signline
# By number, so that Kubernetes can see that it is not root.
USER 10001
WORKDIR /var/lib/signline
ENV SIGNLINE_LISTEN=0.0.0.0:8080
EXPOSE 8080
STOPSIGNAL SIGTERM
# It reads the same settings as the service: those in the environment, and in the file that SIGNLINE_CONFIG names.
HEALTHCHECK --interval=10s --timeout=5s --start-period=10s CMD ["signline", "healthcheck"]
ENTRYPOINT ["signline"]
CMD ["serve"]
