#!/bin/sh
# Gives the service an account of its own in MinIO, which may use the one bucket and nothing else. Runs in MinIO's image
# at each start; a changed STORAGE_SECRET_KEY becomes the account's password. That image has no grep, no sed and the
# like: this takes mc and the shell alone.
set -eu

alias=store
policy=video-to-mp3

# Names and passwords go through standard input: an argument could be read by anybody who lists the processes.
printf '%s\n%s\n' "$MINIO_ROOT_USER" "$MINIO_ROOT_PASSWORD" | mc --quiet alias set "$alias" "http://$STORAGE_ENDPOINT"
mc --quiet mb --ignore-existing "$alias/$STORAGE_BUCKET_NAME"

mc --quiet admin policy create "$alias" "$policy" /dev/stdin <<POLICY
{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Allow",
      "Action": ["s3:ListBucket", "s3:GetBucketLocation", "s3:ListBucketMultipartUploads"],
      "Resource": ["arn:aws:s3:::$STORAGE_BUCKET_NAME"]
    },
    {
      "Effect": "Allow",
      "Action": ["s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"],
      "Resource": ["arn:aws:s3:::$STORAGE_BUCKET_NAME/*"]
    }
  ]
}
POLICY
printf '%s\n%s\n' "$STORAGE_ACCESS_KEY" "$STORAGE_SECRET_KEY" | mc --quiet admin user add "$alias"
# Attaching a policy that is attached already is refused: then the account must show it.
if ! mc --quiet admin policy attach "$alias" "$policy" --user "$STORAGE_ACCESS_KEY"; then
  case $(mc --json admin user info "$alias" "$STORAGE_ACCESS_KEY") in
    *"\"$policy\""*) ;;
    *) exit 1 ;;
  esac
fi
