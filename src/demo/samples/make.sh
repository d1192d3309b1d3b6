#!/bin/sh
# How the samples were made (ffmpeg 5.1, ImageMagick 6.9). The demo needs only the files; run this to make them anew, in this directory.
set -eu
rm -rf first later
mkdir -p first/orchard first/quay later
size=480x300

# scene SKY_TOP SKY_BOTTOM SUN_X SUN_Y SUN FAR MIDDLE NEAR FILE [MORE…]: sky, sun and three rows of hills.
scene() {
  top=$1 bottom=$2 x=$3 y=$4 sun=$5 far=$6 middle=$7 near=$8 file=$9
  shift 9
  convert -size $size "gradient:$top-$bottom" \
    -fill "$sun" -draw "circle $x,$y $((x + 26)),$y" \
    -fill "$far" -draw "path 'M 0,190 Q 70,120 150,180 T 300,165 T 480,175 L 480,300 L 0,300 Z'" \
    -fill "$middle" -draw "path 'M 0,225 Q 110,170 210,220 T 400,205 T 480,215 L 480,300 L 0,300 Z'" \
    -fill "$near" -draw "path 'M 0,265 Q 90,225 220,258 T 480,245 L 480,300 L 0,300 Z'" \
    "$@" -strip "$file"
}
boats() { # boats X COLOUR: hull, mast and sail
  x=$1
  echo "-fill '$2' -draw 'polygon $x,252 $((x + 70)),252 $((x + 56)),272 $((x + 12)),272' -stroke '#33333b' -draw 'line $((x + 34)),252 $((x + 34)),186' -stroke none -fill '#f6efe0' -draw 'polygon $((x + 38)),190 $((x + 38)),246 $((x + 66)),246'"
}

scene '#2b3a67' '#f7b267' 350 150 '#ffe8c2' '#7d5a7a' '#533f63' '#2c2440' first/sunrise.jpg -quality 82
scene '#4f9bd9' '#e8f4fb' 90 70 '#fff6d8' '#9cc3a0' '#5f9a68' '#2f6b45' first/hills.webp -quality 80
scene '#0b1026' '#31406e' 390 70 '#f3f0dc' '#1f2a4f' '#161f3d' '#0c1228' first/night.jpg -quality 82
scene '#f2c98a' '#fdeccf' 120 90 '#fffdf3' '#dba765' '#c68842' '#a3672a' first/dunes.webp -quality 80
eval "scene '#8fc7e8' '#eef7fb' 400 60 '#fff2c4' '#9db8c7' '#5b8fb0' '#2f6690' first/harbour.png $(boats 90 '#c8553d') -colors 64"
eval "scene '#f4a261' '#fbe3c8' 400 120 '#fff2c4' '#b98b8b' '#7a6f91' '#41507a' later/harbour-at-dusk.png $(boats 230 '#588157') $(boats 60 '#c8553d') -colors 64"
scene '#9fb3c8' '#e6edf3' 240 60 '#f8fafc' '#a9b8b0' '#7c9287' '#4f6b5e' later/mist.jpg -quality 82

# Two groups: a camera that moves on between frames. The numbers show natural order: 8, 9, 10, 11.
n=8
for shift in 0 60 120 180; do
  scene '#7cb9e8' '#f0f8e6' $((400 - shift)) 70 '#fff6d8' '#a7c796' '#7aa85f' '#4d7a36' "first/orchard/frame$n.jpg" \
    -fill '#2f5d2a' -draw "circle $((110 + shift)),225 $((110 + shift)),195" -fill '#6b4a2b' -draw "rectangle $((106 + shift)),252 $((114 + shift)),280" -quality 80
  n=$((n + 1))
done
n=1
for x in 40 160 280; do
  eval "scene '#b8d8ea' '#f5fafc' 60 60 '#fff2c4' '#a8bfcb' '#6c9ab8' '#3d7196' first/quay/$n.png $(boats $x '#e09f3e') -colors 48"
  n=$((n + 1))
done

exact='-fflags +bitexact -flags:v +bitexact -map_metadata -1'
ffmpeg -y -v error -f lavfi -i 'mandelbrot=s=320x200:r=12:maxiter=400' -t 3 -c:v libx264 -preset veryslow -crf 28 -pix_fmt yuv420p -x264-params info=0 \
  -movflags +faststart $exact first/dive.mp4
ffmpeg -y -v error -f lavfi -i 'gradients=s=320x200:r=12:c0=0x2b3a67:c1=0xf7b267:c2=0x588157:nb_colors=3:seed=7:speed=0.02' -t 3 -c:v libvpx -pix_fmt yuv420p -b:v 120k -g 12 $exact first/colours.webm
