# Made by Landfall for this repository (spring-boot, java, 17). It builds anywhere: docker build .
# Version 17: build.gradle.kts toolchain.
# Because of settings.gradle.kts: manifest gradle
# Because of build.gradle.kts: plugin org.springframework.boot
# Because of build.gradle.kts: framework spring-boot

# A server without registry passes its own images for these, and its authorities as the secret ca.
ARG GRADLE_BUILD_IMAGE=gradle:8-jdk17
ARG JAVA_IMAGE=eclipse-temurin:17-jre

# Builds the app with gradle.
FROM ${GRADLE_BUILD_IMAGE} AS build
WORKDIR /src
ENV GRADLE_USER_HOME=/root/.gradle
COPY . ./
RUN --mount=type=cache,id=gradle,target=/root/.gradle,sharing=locked \
    --mount=type=secret,id=ca,target=/etc/ssl/certs/ca-certificates.crt \
    --mount=type=secret,id=javaca,target=/etc/ssl/certs/java/cacerts \
    ca=/etc/ssl/certs/ca-certificates.crt; if [ -s $ca ]; then export NODE_EXTRA_CA_CERTS=$ca SSL_CERT_FILE=$ca PIP_CERT=$ca REQUESTS_CA_BUNDLE=$ca DENO_CERT=$ca; fi; \
    gradle --no-daemon --console=plain -q :bootJar -x test \
 && mkdir -p /out \
 && cp "$(ls -S build/libs/*.jar | grep -Ev '/original-|-(sources|javadoc|tests?|plain)\.jar$' | head -n 1)" /out/billing.jar
# Libraries and own classes in layers of their own: a change of code ships only the latter.
RUN java -Djarmode=tools -jar /out/billing.jar extract --layers --destination /layers \
 && cd /layers && mkdir -p dependencies spring-boot-loader snapshot-dependencies application

# A Java runtime without compiler, and what was built.
FROM ${JAVA_IMAGE} AS runtime
WORKDIR /app
COPY --from=build /layers/dependencies/ ./
COPY --from=build /layers/spring-boot-loader/ ./
COPY --from=build /layers/snapshot-dependencies/ ./
COPY --from=build /layers/application/ ./
# The heap follows the memory that the container is given.
ENV JAVA_TOOL_OPTIONS="-XX:MaxRAMPercentage=75 -XX:+ExitOnOutOfMemoryError"
ENV PORT=5000 HOME=/tmp
EXPOSE 5000
USER 1000:1000
ENTRYPOINT []
CMD ["sh","-c","exec java -Dserver.port=$PORT -jar billing.jar"]
