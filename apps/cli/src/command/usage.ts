import type { Environment } from '../environment.js';

export const EXIT = { done: 0, failed: 1, usage: 2, noService: 3, stopped: 130, terminated: 143 } as const;

export function usage({ program, defaultUrl }: Environment): string {
  return `${program} [options] video.mp4 [more.mkv ...]   converts videos, each to an MP3 of the same name
${program} get [options] JOB_ID ...             fetches the MP3s of earlier uploads
${program} login [--url URL] [--user NAME]      signs in; where input is piped, the password is read from it
${program} logout [--url URL]                   forgets the account

Options of a conversion:
  -o, --out DIR    write the MP3s to DIR, made where it is not there (default: beside each video)
  -f, --force      replace MP3s that exist
      --json       one line of JSON for each file on standard output
      --url URL    the service (default: VIDEO_TO_MP3_URL, else the one of this machine, now ${defaultUrl})
      --wait N     give up where the service stays away for N seconds (default 300)
  -h, --help       show this
  -V, --version    show the version

On a service of this machine, an account is made by itself. For another one, sign in once.
For a file whose name begins with - or is that of a command, write ./NAME.

Exit codes:
  0    every file was converted
  1    a file was not; the reason is beside its name
  2    the command is wrong; nothing was done
  3    no service can be used, or you are not signed in; nothing was done
  130  stopped with Ctrl-C; what was uploaded is converted all the same
`;
}
